"""Manifests: what is refused and why, and what makes a new container."""

import msgspec
import pytest

from forepost.wire.base import complaint
from forepost.wire.workloads.manifest import Microservice, fingerprint


def read(body: str) -> Microservice:
    return msgspec.json.decode(body, type=Microservice)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"uuid": "a", "port": []}', "body: object contains unknown field `port`"),
        ('{"uuid": "../a"}', "uuid: expected `str` matching regex"),
        ('{"uuid": "a\\n"}', "uuid: expected `str` matching regex"),
        ('{"uuid": "a", "env": {"A=B": ""}}', "env"),
        ('{"uuid": "a", "ports": [{"internal": 0, "external": 1}]}', "ports[0].internal"),
        (
            (
                '{"uuid": "a", "ports": [{"internal": 1, "external": 80}, '
                '{"internal": 2, "external": 80}]}'
            ),
            "ports: two have the same external port",
        ),
        ('{"uuid": "a", "volumes": [{"source": "v", "target": "data"}]}', "volumes[0].target"),
        ('{"uuid": "a", "volumes": [{"source": "v", "target": "/d", "ro": 1}]}', "volumes[0]"),
    ],
)
def test_what_is_wrong_is_named(body: str, said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as wrong:
        read(body)
    assert said in complaint(wrong.value)


def test_the_same_external_port_may_be_tcp_and_udp() -> None:
    both = '[{"internal": 53, "external": 53}, {"internal": 53, "external": 53, "protocol": "udp"}]'
    assert len(read(f'{{"uuid": "a", "ports": {both}}}').ports) == 2


def test_a_config_comes_as_an_object_or_as_a_text() -> None:
    assert read('{"uuid": "a", "config": {"k": [1]}}').config_text == '{"k":[1]}'
    assert read('{"uuid": "a", "config": "{\\"k\\": 1}"}').config_text == '{"k": 1}'
    assert read('{"uuid": "a"}').config_text == "{}"


@pytest.mark.parametrize(
    "beside",
    ['"config": {"k": 2}', '"name": "other"', '"routes": ["b"]'],
)
def test_what_is_beside_the_container_makes_no_new_one(beside: str) -> None:
    assert fingerprint(read(f'{{"uuid": "a", {beside}}}')) == fingerprint(read('{"uuid": "a"}'))


@pytest.mark.parametrize(
    "change", ['"image": "x"', '"env": {"A": "1"}', '"limits": {"pids": 9}', '"stop_sec": 1']
)
def test_what_is_of_the_container_makes_a_new_one(change: str) -> None:
    assert fingerprint(read(f'{{"uuid": "a", {change}}}')) != fingerprint(read('{"uuid": "a"}'))


def test_a_fingerprint_is_the_same_in_any_order_and_with_what_goes_without_saying() -> None:
    one = read('{"uuid": "a", "env": {"A": "1", "B": "2"}, "privileged": false}')
    other = read('{"env": {"B": "2", "A": "1"}, "uuid": "a"}')
    said = '"limits": {}, "health": {"interval": 30}, "log": {"files": 2}, "update": {}'
    third = read('{"uuid": "a", "env": {"A": "1", "B": "2"}, "stop_sec": 10, ' + said + "}")
    assert fingerprint(one) == fingerprint(other) == fingerprint(third) == "db6e4599f45ff6e8"
    assert msgspec.json.encode(other) == b'{"env":{"B":"2","A":"1"},"uuid":"a"}'
