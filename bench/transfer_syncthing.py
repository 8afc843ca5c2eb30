"""Syncthing as the transfer benchmark runs it: one home for each site, told by its REST API."""

import json
import shutil
import subprocess
import time
import urllib.request
import xml.etree.ElementTree as ET
from typing import Any

import psutil

from bench.transfer_lab import PORT, BenchSite, is_same

GUI = 8_384
LIMIT_SEC = 1_200


def syncthing(places: list[BenchSite]) -> dict[str, float]:
    ids = [_prepared(site) for site in places]
    for site in places:
        _configure(site, places, ids)
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(_begun(places[0]))
        _until(lambda: _is_idle(places[0]))
        running += [_begun(site) for site in places[1:]]
        _until(lambda: all(_answers(site) for site in places[1:]))
        began = time.monotonic()
        total = _status(places[0])["globalFiles"]
        _until(
            lambda: all(
                (found := _status(site))["state"] == "idle"
                and found["needBytes"] == 0
                and found["localFiles"] == total
                for site in places[1:]
            )
        )
        took = time.monotonic() - began
        assert all(is_same(places[0].root, site.root) for site in places[1:])
        used = [_used(one.pid) for one in running]
        return {
            "sec": took,
            "cpu_source": used[0][0],
            "cpu_each": sum(cpu for cpu, _ in used[1:]) / len(used[1:]),
            "rss": float(max(rss for _, rss in used)),
        }
    finally:
        for one in running:
            for child in psutil.Process(one.pid).children(recursive=True):
                child.kill()
            one.kill()
            one.wait()


def _home(site: BenchSite) -> str:
    return str(site.folder / "syncthing")


def _prepared(site: BenchSite) -> str:
    done = subprocess.run(
        ["syncthing", "generate", f"--home={_home(site)}", "--no-default-folder"],
        capture_output=True,
        text=True,
        check=True,
    )
    for word in (done.stdout + done.stderr).split():
        if word.count("-") == 7:
            return word.strip()
    raise AssertionError(done.stdout)


def _configure(site: BenchSite, places: list[BenchSite], ids: list[str]) -> None:
    path = site.folder / "syncthing" / "config.xml"
    tree = ET.parse(path)
    root = tree.getroot()
    for old in root.findall("folder") + root.findall("device"):
        root.remove(old)
    folder = ET.SubElement(
        root, "folder", id="bench", path=str(site.root), type="sendreceive", rescanIntervalS="3600",
        fsWatcherEnabled="false",
    )  # fmt: skip
    for other, device_id in zip(places, ids, strict=True):
        ET.SubElement(folder, "device", id=device_id)
        device = ET.SubElement(root, "device", id=device_id, name=str(other.number))
        ET.SubElement(device, "address").text = f"tcp://{other.address}:{PORT}"
    options = root.find("options")
    assert options is not None
    for name, value in {
        "listenAddress": f"tcp://{site.address}:{PORT}",
        "globalAnnounceEnabled": "false",
        "localAnnounceEnabled": "false",
        "relaysEnabled": "false",
        "natEnabled": "false",
        "urAccepted": "-1",
        "autoUpgradeIntervalH": "0",
        "crashReportingEnabled": "false",
        "startBrowser": "false",
    }.items():
        found = options.find(name)
        if found is None:
            found = ET.SubElement(options, name)
        found.text = value
    gui = root.find("gui")
    assert gui is not None
    address = gui.find("address")
    assert address is not None
    address.text = f"127.0.0.1:{GUI}"
    tree.write(path)
    shutil.rmtree(site.folder / "syncthing" / "index-v0.14.0.db", ignore_errors=True)


def _begun(site: BenchSite) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        site.command("syncthing", "serve", f"--home={_home(site)}", "--no-browser", "--no-restart"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _ask(site: BenchSite, path: str) -> Any:
    config = ET.parse(site.folder / "syncthing" / "config.xml")
    key = config.findtext("gui/apikey") or ""
    request = urllib.request.Request(
        f"http://127.0.0.1:{GUI}/rest/{path}", headers={"X-API-Key": key}
    )
    with site.place.inside(), urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def _status(site: BenchSite) -> Any:
    return _ask(site, "db/status?folder=bench")


def _answers(site: BenchSite) -> bool:
    try:
        return bool(_ask(site, "system/ping"))
    except OSError:
        return False


def _is_idle(site: BenchSite) -> bool:
    if not _answers(site):
        return False
    found = _status(site)
    return bool(found["state"] == "idle" and found["localFiles"] > 0)


def _until(is_so: Any) -> None:
    deadline = time.monotonic() + LIMIT_SEC
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _used(pid: int) -> tuple[float, int]:
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    cpu = sum(sum(one.cpu_times()[:2]) for one in processes)
    return cpu, sum(one.memory_info().rss for one in processes)
