"""Answers for stacks of layers as containerd and the kernel do: each layer is unpacked alone, then all are mounted as an overlay.

Run as `unshare -Urm python3 overlay_mount.py FOLDER PATH...`: FOLDER has a folder for each stack, with the layers `0.tar` and so on.
For each stack a line of JSON comes out: {"stack": NAME, "refused": WHY}, or {"stack": NAME, "answers": {PATH: [WORD, MODE, RESOLVED]},
"restored": the same where the unpacker restores the attributes of overlayfs, as Docker and Podman do}.
Exit code 77: no overlay can be mounted here.
"""

import ctypes
import errno
import hashlib
import json
import os
import shutil
import stat
import sys
import tarfile

LIBC = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MNT_DETACH = 1, 2


class Refused(Exception):
    """containerd does not take the layer."""


def root_path(root, path):
    """The place of a path below a root, links followed, as `fs.RootPath` of containerd/continuity finds it."""
    done, todo, links = [], [name for name in reversed(path.split("/")) if name], 0
    while todo:
        name = todo.pop()
        if name == ".":
            continue
        if name == "..":
            done[-1:] = []
            continue
        place = os.path.join(root, *done, name)
        if not os.path.islink(place):
            done.append(name)
            continue
        links += 1
        if links > 255:
            raise Refused("too many links")
        target = os.readlink(place)
        if target.startswith("/"):
            done = []
        todo.extend(name for name in reversed(target.split("/")) if name)
    return os.path.join(root, *done)


def make_parent(path, root):
    """`mkparent` of containerd's archive package."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise Refused(f"{path} is no directory")
        return
    except FileNotFoundError:
        pass
    if os.path.dirname(path) != root:
        make_parent(os.path.dirname(path), root)
    os.mkdir(path, 0o755)


def unpack(archive, root, restores):
    """`applyNaive` of containerd's archive package, with `OverlayConvertWhiteout`; it restores no attribute `trusted.overlay.opaque`."""
    with tarfile.open(archive) as layer:
        for entry in layer:
            name = os.path.normpath("/" + entry.name).lstrip("/")
            parent, base = os.path.split(name)
            parent = root_path(root, parent)
            path = os.path.join(parent, base) if base else root
            if path == root:
                continue
            if parent != root:
                make_parent(parent, root)
            if base == ".wh..wh..opq":
                os.setxattr(parent, "user.overlay.opaque", b"y")
                continue
            if base.startswith(".wh."):
                os.mknod(os.path.join(parent, base[4:]), stat.S_IFCHR, 0)
                continue
            if os.path.lexists(path):
                is_directory = os.path.isdir(path) and not os.path.islink(path)
                if not (is_directory and entry.isdir()):
                    shutil.rmtree(path) if is_directory else os.unlink(path)
            if entry.isdir():
                os.makedirs(path, exist_ok=True)
                os.chmod(path, entry.mode)
                if restores and any(entry.pax_headers.get(f"SCHILY.xattr.{space}.overlay.opaque") == "y" for space in ("trusted", "user")):
                    # What a mount without privileges looks for in the other one's place.
                    os.setxattr(path, "user.overlay.opaque", b"y")
            elif entry.ischr():
                os.mknod(path, stat.S_IFCHR | entry.mode, os.makedev(entry.devmajor, entry.devminor))
            elif entry.isfifo():
                os.mkfifo(path, entry.mode)
            elif entry.issym():
                os.symlink(entry.linkname, path)
            elif entry.islnk():
                above, last = os.path.split(entry.linkname)
                os.link(os.path.join(root_path(root, above), last), path, follow_symlinks=False)
            else:
                with open(path, "wb") as file:
                    shutil.copyfileobj(layer.extractfile(entry), file)
                os.chmod(path, entry.mode)


def answer(path):
    """What is at a path: a word, the mode of a file, and where it is without links."""
    try:
        found = os.stat(path)
    except OSError as error:
        return ["LinkLoop" if error.errno == errno.ELOOP else "nothing", None, None]
    if stat.S_ISDIR(found.st_mode):
        return ["Directory", None, None]
    if not stat.S_ISREG(found.st_mode):
        return ["Fifo" if stat.S_ISFIFO(found.st_mode) else "Device", None, None]
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return [f"sha256:{digest}", stat.S_IMODE(found.st_mode), os.path.realpath(path)]


def mount(layers, target):
    """Mounts the layers, the lowest first, and says whether that could be done."""
    options = "userxattr,lowerdir=" + ":".join(reversed(layers))
    done = LIBC.mount(b"overlay", target.encode(), b"overlay", MS_RDONLY, options.encode())
    return done == 0


def answers(layers, folder, paths):
    """The answers of the kernel, asked by a process whose root the mounted image is."""
    target = os.path.join(folder, "merged")
    os.mkdir(target)
    # One layer alone cannot be mounted.
    lowest = os.path.join(folder, "empty")
    os.mkdir(lowest)
    if not mount([lowest, *layers], target):
        print(f"no overlay can be mounted here: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        sys.exit(77)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.chroot(target)
        os.chdir("/")
        os.write(write, json.dumps({path: answer(path) for path in paths}).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        found = json.load(pipe)
    os.waitpid(child, 0)
    LIBC.umount2(target.encode(), MNT_DETACH)
    return found


def unpacked(folder, count, restores):
    """The folders that the layers of a stack are unpacked in, each alone, the lowest first."""
    layers = []
    for index in range(count):
        layers.append(os.path.join(folder, f"layer{index}"))
        os.mkdir(layers[-1])
        unpack(os.path.join(os.path.dirname(folder), f"{index}.tar"), layers[-1], restores)
    return layers


def main():
    folder, paths = sys.argv[1], sys.argv[2:]
    for stack in sorted(os.listdir(folder)):
        here = os.path.join(folder, stack)
        count = len(os.listdir(here))
        said = {"stack": stack}
        try:
            for name, restores in ("answers", False), ("restored", True):
                place = os.path.join(here, name)
                os.mkdir(place)
                said[name] = answers(unpacked(place, count, restores), place, paths)
        except (OSError, Refused) as error:
            said = {"stack": stack, "refused": str(error)}
        print(json.dumps(said), flush=True)
        shutil.rmtree(here)


main()
