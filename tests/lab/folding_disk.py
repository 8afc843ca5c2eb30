"""A file system for which several names are one: a real one, by FUSE, over a folder of another.

It takes every spelling of a name for the one that is there (of case, or of Unicode), keeps the one
that came first, and refuses the flags of renameat2 as network file systems do.
`python -m tests.lab.folding_disk FOLDER PLACE case|form` serves it until it is unmounted.
"""

import ctypes
import errno
import os
import stat
import struct
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_IN: Final = struct.Struct("<IIQQIIIHH")
_OUT: Final = struct.Struct("<IiQ")
_ATTR: Final = struct.Struct("<QQQQQQIIIIIIIIII")
_MOST: Final = 1 << 20
_libc: Final = ctypes.CDLL(None, use_errno=True)
FOLDS: Final[dict[str, Callable[[str], str]]] = {
    "case": str.lower,
    "form": lambda name: unicodedata.normalize("NFC", name),
}
Answer = bytes | None
"""None: nothing is answered."""


@contextmanager
def folding(folder: Path, place: Path, how: str) -> Iterator[Path]:
    """Have what is in `folder` at `place`."""
    for path in (folder, place):
        path.mkdir()
    command = [sys.executable, "-m", __name__, str(folder), str(place), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"mounted\n"
        try:
            yield place
        finally:
            # Also where a test that failed has something open.
            subprocess.run(["umount", "-l", str(place)], check=True)
            server.terminate()


class FoldingDisk:
    """Answers the kernel. Nodes are descriptors of what they stand for."""

    def __init__(self, folder: str, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self._nodes = {1: os.open(folder, os.O_PATH)}
        self._by_inode = {self._key(os.fstat(self._nodes[1])): 1}
        self._next = 2
        self._calls: dict[int, Callable[[int, bytes], Answer]] = {
            1: self._lookup,
            2: lambda _node, _data: None,
            3: lambda node, _data: self._attr_out(node),
            4: self._set_attr,
            5: lambda node, _data: os.readlink(b"", dir_fd=self._nodes[node]),
            6: self._symlink,
            9: self._mkdir,
            10: lambda node, data: self._unlink(node, data, os.unlink),
            11: lambda node, data: self._unlink(node, data, os.rmdir),
            12: lambda node, data: self._rename(node, data, 8),
            13: self._link,
            14: self._open,
            15: self._read,
            16: self._write,
            17: lambda node, _data: self._statfs(node),
            18: self._release,
            20: self._sync,
            25: lambda _node, _data: b"",
            26: self._init,
            27: self._open,
            28: self._list,
            29: self._release,
            30: lambda _node, _data: b"",
            35: self._create,
            38: lambda _node, _data: b"",
            42: lambda _node, _data: None,
            45: self._rename_2,
        }

    def serve(self, kernel: int) -> None:
        """Until it is unmounted."""
        while True:
            try:
                data = os.read(kernel, _MOST + 4096)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
                    continue
                raise
            _, code, unique, node, *_ = _IN.unpack_from(data)
            call = self._calls.get(code)
            try:
                answer = call(node, data[_IN.size :]) if call is not None else b""
                error_code = 0 if call is not None else -errno.ENOSYS
            except OSError as error:
                answer, error_code = b"", -(error.errno or errno.EIO)
            if answer is not None:
                body = b"" if error_code else answer
                with suppress(FileNotFoundError):  # whoever asked was interrupted
                    os.write(kernel, _OUT.pack(_OUT.size + len(body), error_code, unique) + body)

    # --- names

    def _real(self, node: int, name: bytes) -> bytes:
        """Return the spelling that is there, or the one that is asked for."""
        folder = self._again(node, os.O_RDONLY | os.O_DIRECTORY)
        try:
            names = [os.fsdecode(name) for name in _names(folder)]
        finally:
            os.close(folder)
        asked = os.fsdecode(name)
        if asked in names:
            return name
        folded = self._fold(asked)
        return next((os.fsencode(one) for one in names if self._fold(one) == folded), name)

    def _again(self, node: int, flags: int) -> int:
        return os.open(f"/proc/self/fd/{self._nodes[node]}", flags)

    @staticmethod
    def _key(seen: os.stat_result) -> tuple[int, int]:
        return seen.st_dev, seen.st_ino

    def _node(self, folder: int, name: bytes) -> int:
        fd = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=self._nodes[folder])
        key = self._key(os.fstat(fd))
        known = self._by_inode.get(key)
        if known is not None:
            os.close(fd)
            return known
        node, self._next = self._next, self._next + 1
        self._nodes[node], self._by_inode[key] = fd, node
        return node

    def _entry(self, folder: int, name: bytes) -> bytes:
        node = self._node(folder, name)
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + self._attr(node)

    def _attr(self, node: int) -> bytes:
        seen = os.fstat(self._nodes[node])
        times = (seen.st_atime_ns, seen.st_mtime_ns, seen.st_ctime_ns)
        return _ATTR.pack(
            seen.st_ino,
            seen.st_size,
            seen.st_blocks,
            *(time // 10**9 for time in times),
            *(time % 10**9 for time in times),
            seen.st_mode,
            seen.st_nlink,
            seen.st_uid,
            seen.st_gid,
            seen.st_rdev,
            4096,
            0,
        )

    def _attr_out(self, node: int) -> bytes:
        return struct.pack("<QII", 0, 0, 0) + self._attr(node)

    # --- what the kernel asks

    @staticmethod
    def _init(_node: int, data: bytes) -> bytes:
        major, _, ahead, _ = struct.unpack_from("<IIII", data)
        return struct.pack("<IIIIHHII32x", major, 31, ahead, 0, 16, 12, _MOST // 8, 1)

    def _lookup(self, node: int, data: bytes) -> bytes:
        return self._entry(node, self._real(node, data[:-1]))

    def _set_attr(self, node: int, data: bytes) -> bytes:
        valid, _, _, size, _, atime, mtime, _, atime_ns, mtime_ns, _, mode = struct.unpack_from(
            "<IIQQQQQQIIII", data
        )
        path = f"/proc/self/fd/{self._nodes[node]}"
        if valid & 1:
            Path(path).chmod(stat.S_IMODE(mode))
        if valid & 8:
            os.truncate(path, size)
        if valid & 0x30:
            seen = Path(path).stat()
            new = [seen.st_atime_ns, seen.st_mtime_ns]
            if valid & 0x10:
                new[0] = atime * 10**9 + atime_ns
            if valid & 0x20:
                new[1] = mtime * 10**9 + mtime_ns
            os.utime(path, ns=(new[0], new[1]))
        return self._attr_out(node)

    def _symlink(self, node: int, data: bytes) -> bytes:
        name, target, _ = data.split(b"\0")
        os.symlink(target, self._real(node, name), dir_fd=self._nodes[node])
        return self._entry(node, name)

    def _mkdir(self, node: int, data: bytes) -> bytes:
        mode, _ = struct.unpack_from("<II", data)
        os.mkdir(self._real(node, data[8:-1]), stat.S_IMODE(mode), dir_fd=self._nodes[node])
        return self._entry(node, data[8:-1])

    def _unlink(self, node: int, data: bytes, how: Callable[..., None]) -> bytes:
        how(self._real(node, data[:-1]), dir_fd=self._nodes[node])
        return b""

    def _rename(self, node: int, data: bytes, begin: int) -> bytes:
        (new_node,) = struct.unpack_from("<Q", data)
        old, new, _ = data[begin:].split(b"\0")
        os.rename(
            self._real(node, old),
            self._real(new_node, new),
            src_dir_fd=self._nodes[node],
            dst_dir_fd=self._nodes[new_node],
        )
        return b""

    def _rename_2(self, node: int, data: bytes) -> bytes:
        if struct.unpack_from("<I", data, 8)[0]:
            raise OSError(errno.EINVAL, "no flags")
        return self._rename(node, data, 16)

    def _link(self, node: int, data: bytes) -> bytes:
        (old,) = struct.unpack_from("<Q", data)
        source = f"/proc/self/fd/{self._nodes[old]}"
        os.link(source, self._real(node, data[8:-1]), dst_dir_fd=self._nodes[node])
        return self._entry(node, data[8:-1])

    def _open(self, node: int, data: bytes) -> bytes:
        (flags,) = struct.unpack_from("<I", data)
        keep = os.O_ACCMODE | os.O_APPEND | os.O_TRUNC | os.O_DIRECTORY
        return struct.pack("<QII", self._again(node, flags & keep), 0, 0)

    def _create(self, node: int, data: bytes) -> bytes:
        flags, mode = struct.unpack_from("<II", data)
        name = self._real(node, data[16:-1])
        fd = os.open(name, (flags & os.O_ACCMODE) | os.O_CREAT, mode, dir_fd=self._nodes[node])
        return self._entry(node, name) + struct.pack("<QII", fd, 0, 0)

    @staticmethod
    def _read(_node: int, data: bytes) -> bytes:
        fd, offset, size = struct.unpack_from("<QQI", data)
        return os.pread(fd, size, offset)

    @staticmethod
    def _write(_node: int, data: bytes) -> bytes:
        fd, offset, size = struct.unpack_from("<QQI", data)
        return struct.pack("<II", os.pwrite(fd, data[40 : 40 + size], offset), 0)

    @staticmethod
    def _release(_node: int, data: bytes) -> bytes:
        os.close(struct.unpack_from("<Q", data)[0])
        return b""

    @staticmethod
    def _sync(_node: int, data: bytes) -> bytes:
        os.fsync(struct.unpack_from("<Q", data)[0])
        return b""

    @staticmethod
    def _list(_node: int, data: bytes) -> bytes:
        fd, offset, size = struct.unpack_from("<QQI", data)
        found = b""
        for number, raw in enumerate([b".", b"..", *_names(fd)][offset:], offset + 1):
            entry = struct.pack("<QQII", number + 1, number, len(raw), 0) + raw
            entry += bytes(-len(entry) % 8)
            if len(found) + len(entry) > size:
                break
            found += entry
        return found

    def _statfs(self, node: int) -> bytes:
        seen = os.statvfs(f"/proc/self/fd/{self._nodes[node]}")
        return struct.pack(
            "<QQQQQIIII24x",
            seen.f_blocks,
            seen.f_bfree,
            seen.f_bavail,
            seen.f_files,
            seen.f_ffree,
            seen.f_bsize,
            seen.f_namemax,
            seen.f_frsize,
            0,
        )


def _names(folder: int) -> list[bytes]:
    with os.scandir(folder) as entries:
        return sorted(os.fsencode(entry.name) for entry in entries)


def main(folder: str, place: str, how: str) -> None:
    disk = FoldingDisk(folder, FOLDS[how])
    kernel = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={kernel},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions"
    if _libc.mount(b"folding", place.encode(), b"fuse", 0, options.encode()):
        raise OSError(ctypes.get_errno(), "mount")
    sys.stdout.write("mounted\n")
    sys.stdout.flush()
    disk.serve(kernel)


if __name__ == "__main__":
    main(*sys.argv[1:])
