"""What a remote machine is asked to run, the whole of it: this file's text, and a request as JSON.

    python3 -c THIS-TEXT '{"code": HASH, "verb": ...}'

The text is the same for every request; what is wanted is data. Two verbs bring our code to the
machine: "prepare" makes a folder for it, "install" unpacks an archive that was uploaded there, if it
has the hash that was announced. All others are done by that code: see ``once``. The folder belongs
to this user alone, so nobody else of that machine can put other code there.

A Python that is too old must be able to read this file and say so.
"""

import sys

if __name__ == "__main__":
    # The folder in which this happens to run may hold a file that is named like a library.
    sys.path[:] = [place for place in sys.path if place]

import json
import os
import stat

OLDEST = (3, 10)


def main(text: str) -> None:
    try:
        asked = json.loads(text)
        if sys.version_info < OLDEST:
            raise RuntimeError(
                f"its python3 is {sys.version.split()[0]}, and 3.10 is the oldest that will do"
            )
        own = os.path.join(os.path.expanduser("~"), ".cache", "deskhand")
        home = os.path.join(own, "guest-" + asked["code"])
        if asked["verb"] == "prepare":
            answer = prepare(own, home)
        elif asked["verb"] == "install":
            answer = install(private(own), home, asked["archive"], asked["code"])
        else:
            private(own)
            sys.path.insert(0, private(home))
            sys.dont_write_bytecode = False  # to compile all of it takes longer than most actions
            from deskhand.sandbox.guest import once

            return once.main(text)
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is the answer)
        answer = {"error": str(error) or type(error).__name__}
    sys.stdout.write(json.dumps(answer))


def prepare(own: str, home: str) -> "dict[str, object]":
    os.makedirs(own, mode=0o700, exist_ok=True)
    if not os.path.islink(own):
        os.chmod(own, 0o700)
    return {"answer": {"folder": private(own), "there": os.path.isdir(home)}}


def install(own: str, home: str, archive: str, code: str) -> "dict[str, object]":
    # Imported here: actions, which are many, need none of this and would wait for it.
    import hashlib
    import io
    import shutil
    import tempfile
    import zipfile

    place = os.path.join(own, os.path.basename(archive))
    with open(place, "rb") as file:
        data = file.read()
    os.remove(place)
    if hashlib.sha256(data).hexdigest() != code:
        raise RuntimeError("the code that arrived is not the code that was announced")
    made = tempfile.mkdtemp(dir=own)
    zipfile.ZipFile(io.BytesIO(data)).extractall(made)
    try:
        os.rename(made, home)
    except OSError:  # another one was first, with the same content
        shutil.rmtree(made)
    return {"answer": {}}


def private(folder: str) -> str:
    """The folder, if it is one, and nobody but this user can change what is in it."""
    facts = os.lstat(folder)
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
        raise RuntimeError(f"{folder} is not a folder that only this user can change")
    return folder


if __name__ == "__main__":
    main(sys.argv[1])
