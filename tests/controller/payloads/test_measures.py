import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.payloads import TYPES, measures_of, read
from forepost.controller.payloads.payload import MOST_MOS, MOST_MS, Measures
from forepost.controller.series.packets import packed_round


def of(kind: str, payload: bytes) -> Measures:
    return measures_of(read(kind, payload))


def test_a_ping_of_netwatchers_agent() -> None:
    payload = (
        b'{"packets_recv":29,"packets_sent":30,"packet_loss":3.33,"addr":"203.0.113.2",'
        b'"min_rtt":48683,"max_rtt":2072472,"avg_rtt":155888,"std_dev_rtt":357498}'
    )
    found = of("PING", payload)
    assert found == Measures(
        rtt_ms=0.155888,
        rtt_min_ms=0.048683,
        rtt_max_ms=2.072472,
        loss_pct=3.33,
        sent=30,
        received=29,
    )


def test_a_ping_of_ours_has_median_and_jitter() -> None:
    payload = (
        b'{"packets_recv":3,"packets_sent":4,"packet_loss":25,"min_rtt":1000000,"max_rtt":9000000,'
        b'"avg_rtt":4000000,"rtts_ns":[1000000,null,2000000,9000000]}'
    )
    found = of("PING", payload)
    assert (found.rtt_ms, found.jitter_ms, found.loss_pct) == (2.0, 4.0, 25)
    assert (found.sent, found.received) == (4, 3)
    assert found.rtts == packed_round([1_000_000, 2_000_000, 9_000_000])


def test_a_ping_that_lost_everything_has_loss_and_no_rtt() -> None:
    found = of("PING", b'{"packets_recv":0,"packets_sent":5,"packet_loss":100}')
    assert found == Measures(loss_pct=100, sent=5, received=0)


def test_trafficsim_and_mtr_as_netwatchers_agent_writes_them() -> None:
    sim = (
        b'{"MOS":4.43,"averageRTT":0.219,"medianRTT":0,"minRTT":0,"maxRTT":29,"jitterAvg":0.4156,'
        b'"lossPercentage":0,"receivedPackets":2922,"totalPackets":2922}'
    )
    assert of("TRAFFICSIM", sim) == Measures(0, 0, 29, 0.4156, 0, 4.43, 2_922, 2_922)
    mtr = (
        b'{"report":{"hops":[{"ttl":1,"loss_pct":"60.00","sent":5,"recv":2,"avg":"0.14"},{"ttl":2,'
        b'"loss_pct":"0.00","sent":5,"last":"0.08","recv":5,"avg":"0.08","best":"0.04",'
        b'"worst":"0.15","stddev":"0.04"}]}}'
    )
    assert of("MTR", mtr) == Measures(0.08, 0.04, 0.15, None, 0.0, sent=5, received=5)


def once(ms: float | None, loss_pct: float = 0) -> Measures:
    return Measures(ms, loss_pct=loss_pct, sent=1, received=0 if loss_pct else 1)


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("DNS", '{"query_time_ms":12.5,"response_code":"NOERROR"}', once(12.5)),
        ("DNS", '{"query_time_ms":3,"response_code":"SERVFAIL"}', once(3)),
        ("DNS", '{"query_time_ms":0,"response_code":"ERROR","error":"x"}', once(None, 100)),
        ("HTTP", '{"total_ms":50.5,"status_code":200,"error":""}', once(50.5)),
        (
            "HTTP",
            '{"total_ms":50,"status_code":503,"error":"status: 503"}',
            once(50, 100),
        ),
        ("HTTP", '{"total_ms":9000,"status_code":0,"error":"x"}', once(None, 100)),
        (
            "TLS",
            '{"tls_version":"TLS 1.3","tcp_connect_ms":1.5,"tls_handshake_ms":2,"error":"expired"}',
            once(3.5),
        ),
        ("TLS", '{"tls_version":"TLS 1.3"}', once(None)),
        ("TLS", '{"tls_version":"","error":"tls dial failed: x"}', once(None, 100)),
        ("SNMP", '{"query_time_ms":4,"version":"2c"}', once(4)),
        ("SNMP", '{"query_time_ms":4,"version":"2c","error":"x"}', once(None, 100)),
        (
            "TCP",
            '{"loss_pct":25,"min_ms":1,"max_ms":4,"connects_ms":[1,null,2,4]}',
            Measures(2, 1, 4, None, 25, None, 4, 3, packed_round([1e6, 2e6, 4e6])),
        ),
        ("TCP", '{"loss_pct":100,"connects_ms":[null]}', once(None, 100)),
        ("SSH", '{"tcp_connect_ms":1.5,"answer_ms":2,"dns_lookup_ms":9,"total_ms":13}', once(3.5)),
        ("MQTT", '{"tcp_connect_ms":1.5,"total_ms":13,"error":"x"}', once(None, 100)),
        ("NTP", '{"rtt_ms":4,"offset_ms":3}', once(4)),
        ("NTP", '{"rtt_ms":4,"offset_ms":3,"error":"x"}', once(4)),
        ("NTP", '{"error":"x"}', once(None, 100)),
        (
            "UDP",
            '{"loss_pct":25,"min_ms":1,"max_ms":4,"answers_ms":[1,null,2,4]}',
            Measures(2, 1, 4, None, 25, None, 4, 3, packed_round([1e6, 2e6, 4e6])),
        ),
    ],
)
def test_types_that_measure_once_have_a_time_or_a_loss(
    kind: str, payload: str, expected: Measures
) -> None:
    assert of(kind, payload.encode()) == expected


@pytest.mark.parametrize(
    "kind",
    [
        "PING",
        "TRAFFICSIM",
        "MTR",
        "SYSINFO",
        "DNS",
        "HTTP",
        "TLS",
        "SNMP",
        "TCP",
        "UDP",
        "NTP",
        "SSH",
        "TOMORROW",
    ],
)
@pytest.mark.parametrize("payload", [b"{}", b"null", b"[]", b'{"packets_recv":"x"}', b'"x"'])
def test_a_payload_that_is_not_as_it_should_be_has_no_measures(kind: str, payload: bytes) -> None:
    assert of(kind, payload) == Measures()


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["report", "hops", "hosts", "error", "CPUTimes", "geo", "rtts_ns"]),
            inner,
        )
    ),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())


@given(st.sampled_from(sorted(TYPES)), st.binary(max_size=60) | JUNK)
def test_any_bytes_say_something_or_nothing(kind: str, payload: bytes) -> None:
    said = read(kind, payload)
    found = measures_of(said)
    assert isinstance(found, Measures)
    assert said is None or isinstance(said.metrics(found), dict)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("PING", b'{"packets_sent":5,"packets_recv":5,"packet_loss":300,"avg_rtt":2000000}'),
        ("PING", b'{"packets_sent":5,"packets_recv":5,"packet_loss":0,"avg_rtt":-1}'),
        ("PING", b'{"packets_sent":5,"packets_recv":5,"packet_loss":0,"avg_rtt":1e300}'),
        ("PING", b'{"packets_sent":5,"packets_recv":5,"rtts_ns":[-1,9000000000000000000]}'),
        ("TRAFFICSIM", b'{"receivedPackets":1,"lossPercentage":-3,"MOS":99,"averageRTT":-0.1}'),
        ("HTTP", b'{"status_code":200,"total_ms":1e18}'),
        ("MTR", b'{"report":{"hops":[{"recv":1,"avg":"1e30","loss_pct":"1e9"}]}}'),
    ],
)
def test_what_cannot_be_is_not_measured(kind: str, payload: bytes) -> None:
    found = of(kind, payload)
    most = {"loss_pct": 100.0, "mos": MOST_MOS}
    for name in Measures.__struct_fields__:
        value = getattr(found, name)
        assert value is None or 0 <= value <= most.get(name, MOST_MS), name


def test_what_can_be_stays_beside_what_cannot() -> None:
    payload = b'{"packets_sent":5,"packets_recv":5,"packet_loss":300,"avg_rtt":2000000}'
    found = of("PING", payload)
    assert (found.rtt_ms, found.loss_pct) == (2.0, None)


def test_a_list_without_end_is_not_sorted() -> None:
    payload = b'{"packets_sent":5,"packets_recv":5,"rtts_ns":[' + b"1," * 400_000 + b"1]}"
    assert of("PING", payload) == Measures()


@pytest.mark.parametrize(
    ("sent", "received", "expected"),
    [(3, 5, (3, 3)), (0, 0, (None, None)), (-1, 0, (None, None)), (10**9, 1, (None, None))],
)
def test_packets_that_cannot_be_are_not_counted(
    sent: int, received: int, expected: tuple[int | None, int | None]
) -> None:
    payload = {"packets_sent": sent, "packets_recv": received, "avg_rtt": 2_000_000}
    found = of("PING", json.dumps(payload).encode())
    assert (found.sent, found.received) == expected
