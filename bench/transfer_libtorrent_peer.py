"""One peer of libtorrent: `ADDRESS FOLDER TORRENT [PEER …]`; the first makes the torrent.

It says `ready`; hears `go` and says `done` when all is on the disk; hears `end` and says CPU
seconds, resident bytes and bytes sent.
"""

import importlib
import sys
import time
from pathlib import Path
from typing import Any

import psutil

lt: Any = importlib.import_module("libtorrent")
_QUIET = {
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "allow_multiple_connections_per_ip": True,
}


def main(address: str, folder: Path, torrent: Path, peers: list[str]) -> None:
    session = lt.session({"listen_interfaces": f"{address}s", **_QUIET})
    if not peers:
        _make(folder, torrent)
    wanted = lt.add_torrent_params()
    wanted.ti = lt.torrent_info(str(torrent))
    wanted.save_path = str(folder)
    wanted.flags = lt.torrent_flags.paused | (0 if peers else lt.torrent_flags.seed_mode)
    handle = session.add_torrent(wanted)
    files = [str(folder / name) for name in ("certificate.pem", "key.pem", "dh.pem")]
    handle.set_ssl_certificate(*files, "")
    if not peers:
        handle.resume()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "go":
            handle.resume()
            for peer in peers:
                host, _, port = peer.rpartition(":")
                handle.connect_peer((host, int(port)))
            while not handle.status().is_seeding:
                time.sleep(0.02)
            handle.flush_cache()
            print("done", flush=True)
        else:
            me, sent = psutil.Process(), handle.status().total_payload_upload
            print(sum(me.cpu_times()[:2]), me.memory_info().rss, sent, flush=True)
            return


def _make(folder: Path, torrent: Path) -> None:
    files = lt.file_storage()
    lt.add_files(files, str(folder / "root"))
    made = lt.create_torrent(files, flags=lt.create_torrent.v1_only)
    made.set_root_cert((folder / "root.pem").read_text())
    lt.set_piece_hashes(made, str(folder))
    torrent.write_bytes(lt.bencode(made.generate()))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
