// A microservice on the public SDK of ioFog for Node.js: does what each line of standard input says, and prints what it
// hears, a JSON array a line. `node microservice.js HOST PORT ID`
'use strict'

const readline = require('readline')
const sdk = require('@datasance/iofog-nodejs-sdk')

const [host, port, id] = process.argv.slice(2)
const say = (...heard) => process.stdout.write(JSON.stringify(heard) + '\n')
const faults = {
  onBadRequest: (reason) => say('bad request', reason),
  onError: (error) => say('error', String(error))
}
const text = (message) => ({
  publisher: message.publisher,
  infotype: message.infotype,
  tag: message.tag,
  content: Buffer.from(message.contentdata || '').toString()
})
const made = (content) =>
  sdk.ioMessage({
    tag: 'camera',
    infotype: 'text',
    infoformat: 'utf-8',
    sequencenumber: 2,
    contextdata: Buffer.from('context'),
    contentdata: Buffer.from(content)
  })
const receipt = { onMessageReceipt: (id, timestamp) => say('receipt', id.length, typeof timestamp) }
const verbs = {
  config: () => sdk.getConfig({ ...faults, onNewConfig: (config) => say('config', config) }),
  resources: () =>
    sdk.getEdgeResources({ ...faults, onEdgeResources: (found) => say('resources', found) }),
  control: () =>
    sdk.wsControlConnection({
      ...faults,
      onNewConfigSignal: () => say('new config'),
      onEdgeResourceUpdatedSignal: () => say('new resources')
    }),
  messages: () =>
    sdk.wsMessageConnection(() => say('open'), {
      ...faults,
      ...receipt,
      onMessages: (messages) => say('messages', messages.map(text))
    }),
  publish: (content) => sdk.wsSendMessage(made(content)),
  post: (content) => sdk.sendNewMessage(made(content), { ...faults, ...receipt }),
  next: () =>
    sdk.getNextMessages({ ...faults, onMessages: (found) => say('messages', found.map(text)) }),
  query: (publisher) =>
    sdk.getMessagesByQuery(0, Date.now(), [publisher], {
      ...faults,
      onMessagesQuery: (start, end, found) => say('query', found.map(text))
    })
}

sdk.init(host, Number(port), id, () => {
  say('ready')
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const [verb, ...rest] = line.split(' ')
    verbs[verb](rest.join(' '))
  })
})
