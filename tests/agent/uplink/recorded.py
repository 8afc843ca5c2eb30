"""What version N-1 (main at 50cae7a) said and kept: recorded, but for the key of a pair."""

from pathlib import Path

from forepost.kit.state_file import sealed

LIST = (
    '[{"id":1,"created_at":"2026-11-29T18:20:51.066610Z","updated_at":"2026-11-29T18:20:51.066610Z"'
    ',"workspace_id":1,"agent_id":1,"type":"PING","enabled":true,"interval_sec":60,"timeout_sec":10'
    ',"count":3,"duration_sec":0,"server":false,"bind_interface":"","labels":{},"metadata":{},'
    '"targets":[{"id":1,"created_at":"2026-11-29T18:20:51.066610Z","updated_at":'
    '"2026-11-29T18:20:51.066610Z","probe_id":1,"target":"198.18.0.1","agent_id":null,'
    '"group_id":null}],"bidirectional":false,"direction":"forward","reverse_of":null,'
    '"external_id":""},{"id":0,"created_at":"2020-01-01T00:00:00Z","updated_at":'
    '"2020-01-01T00:00:00Z","workspace_id":1,"agent_id":1,"type":"SYSINFO","enabled":true,'
    '"interval_sec":60,"timeout_sec":10,"count":0,"duration_sec":0,"server":false,'
    '"bind_interface":"","labels":{},"metadata":{},"targets":[],"bidirectional":false,'
    '"direction":"forward","reverse_of":null,"external_id":""}]'
)
KEYS = '{"2":"AAECAwQFBgcICQoLDA0ODw=="}'
GROUPS = '[{"name":"near","entries":["198.18.0.0/24","2001:db8::1"]}]'

HELLO = (
    ';forepost;;hello;0;0;{"version":"0.1.0","capabilities":["report","want","trafficsim-keys",'
    '"speedtest","clock","move","groups","deflate","spool"],"lost":0,"speedtest_port":0,"boot":0}'
)
WANT = f';forepost;;want;0;0;{{"revision":"38d58bb6d5ee6878","probes":{LIST},"keys":{KEYS}}}'
WANT_GROUPS = (
    ';forepost;;want_groups;0;0;{"revision":"d6b5915c46057bcb","part":1,"parts":1,'
    f'"groups":{GROUPS}}}'
)
PROBE_GET = f";agent;;probe_get;0;0;{LIST}"
"""As NetWatcher's controller says it, too."""
HAVE = ';forepost;;have;0;0;{"revision":"38d58bb6d5ee6878","unsupported":[]}'
HAVE_NO_GROUPS = ';forepost;;have_groups;0;0;{"revision":"","problems":[]}'
HAVE_GROUPS = ';forepost;;have_groups;0;0;{"revision":"d6b5915c46057bcb","problems":[]}'

FILES = {
    "wanted.json": LIST,
    "keys.json": KEYS,
    "groups.json": f'{{"revision":"d6b5915c46057bcb","groups":{GROUPS}}}',
}


def leave_files(folder: Path) -> None:
    """Leave in a state folder what an agent of version N-1 kept there."""
    for name, document in FILES.items():
        (folder / name).write_bytes(sealed(document.encode()))
