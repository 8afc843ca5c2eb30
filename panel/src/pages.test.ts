import { expect, test } from 'vitest';
import { find, PAGES } from './pages';
import {
  toAccount,
  toAddJob,
  toAddProbe,
  toAddSite,
  toAddWorkload,
  toAlerts,
  toCompare,
  toGroup,
  toGroups,
  toJob,
  toJobs,
  toNow,
  toPaths,
  toProbe,
  toSettings,
  toSite,
  toSites,
  toTarget,
  toTools,
  toTraffic,
  toWorkload,
  toWorkloads,
} from './route';

const found = (address: string) => {
  const { pathname, searchParams } = new URL(address, 'http://panel');
  const at = find(pathname);
  if (!at) return null;
  return at.page.props({
    workspace: at.ids.workspace as number,
    id: (name) => at.ids[name] as number,
    asked: (name) => searchParams.get(name) ?? '',
    mayChange: true,
    mayRule: false,
  });
};

test('every address leads to its page', () => {
  const w = { workspace: 1 };
  const may = { mayChange: true };
  expect(found(toSites(1, { only: 'critical', by: 'customer' }))).toEqual({
    ...{ ...w, ...may },
    ...{ only: 'critical', find: '', by: 'customer', view: '' },
  });
  expect(found(toAddSite(1))).toEqual(w);
  expect(found(toAddProbe(1, 10))).toEqual({ ...w, site: 10 });
  expect(found(toSite(1, 10))).toEqual({ ...w, ...may, mayDelete: false, id: 10, tab: '' });
  const probe = { ...w, ...may, agentId: 10, id: 3 };
  expect(found(toProbe(1, 10, 3, { last: '7d', at: 'noon' }))).toEqual({
    ...probe,
    ...{ way: '', at: null, against: null },
  });
  expect(found(toProbe(1, 10, 3, { way: 'x', at: 1_800_000_000, against: 1 }))).toEqual({
    ...probe,
    ...{ way: 'x', at: 1_800_000_000, against: 1 },
  });
  expect(found(toNow(1))).toEqual(w);
  expect(found(toPaths(1))).toEqual(w);
  expect(found(toTarget(1, '[2001:db8::1]:443'))).toEqual({ ...w, target: '[2001:db8::1]:443' });
  const lines = '3 4@198.18.0.1';
  expect(found(toCompare(1, lines, { last: '6h' }))).toEqual({ ...w, lines });
  expect(found(toTools(1, { site: 3 }))).toEqual({ ...w, ...may, site: 3 });
  expect(found(toSettings(1))).toEqual({ ...w, ...may, tab: '', mayRule: false });
  expect(found(toAccount(1))).toEqual({});
  const staff = {
    ...w,
    narrowed: { device: '', application: '', remote: '', group: 'staff & co=1', site: 0 },
  };
  expect(found(toTraffic(1, '6h', 'staff & co=1'))).toEqual(staff);
  expect(found(toGroups(1))).toEqual({ ...w, mayChange: true });
  expect(found(toGroup(1, 5))).toEqual({ ...w, id: 5, mayChange: true });
  const sensor = { ...w, ...may, only: 'refused', find: 'sensor' };
  expect(found(toWorkloads(1, { only: 'refused', find: 'sensor' }))).toEqual(sensor);
  expect(found(toAddWorkload(1))).toEqual({ ...w, ...may });
  const log = { ...w, ...may, id: 5, tab: 'log', agent: 2 };
  expect(found(toWorkload(1, 5, { tab: 'log', agent: 2 }))).toEqual(log);
  expect(found(toAddJob(1))).toEqual({ ...w, ...may, id: null, mayRule: false });
  expect(found(toJob(1, 4))).toEqual({ ...w, ...may, id: 4, mayRule: false });
  const nightly = { ...w, ...may, only: 'error', find: 'nightly', open: 4 };
  expect(found(toJobs(1, { only: 'error', find: 'nightly', job: 4 }))).toEqual(nightly);
  expect(found(toAlerts(1))).toEqual({
    ...{ ...w, ...may, mayRule: false },
    ...{ tab: '', status: '', incident: 0 },
  });
});

test('no two pages stand at one address', () => {
  const addresses = PAGES.map((page) => page.path.replace(/:\w+/g, '1'));
  expect(addresses.map((address) => find(address)?.page.path)).toEqual(PAGES.map((p) => p.path));
});

test.each(['/', '/w', '/w/1', '/w/x/sites', '/w/1/sites/', '/w/1/sites/2/probes', '/w/1/sites/x'])(
  '%j is found only where it is a page',
  (path) => expect(find(path) !== null).toBe(path === '/w/1/sites/'),
);
