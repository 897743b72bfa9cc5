"""Makes .venv from requirements.lock: the first step of every make target.

Runs on any Python, however old, so that a Python that is too old gets a sentence and not a syntax error:
no annotations, no f-strings, standard library only. Done again only when the lock or pyproject.toml
changed; killed half way, the next call starts over.
"""

import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOCK = os.path.join(ROOT, "requirements.lock")
STAMP = os.path.join(VENV, "lock.sha256")
LOG = os.path.join(VENV, "install.log")


def main():
    """Return an exit code: 0 when .venv is there and up to date, 1 with one line on stderr otherwise."""
    if sys.version_info < OLDEST:
        return start_newer_python()
    wanted = fingerprint()
    if os.path.exists(STAMP) and open(STAMP).read() == wanted:
        return 0
    problem = make_venv() or install()
    if problem:
        return fail(problem)
    with open(STAMP, "w") as stamp:
        stamp.write(wanted)
    return 0


def start_newer_python():
    """A machine often has a newer Python beside its python3: take that before asking for one."""
    for minor in range(14, OLDEST[1] - 1, -1):
        newer = "python3.%d" % minor
        command = [newer, os.path.abspath(__file__)]
        if subprocess.call(["sh", "-c", newer + " -c 'import venv' >/dev/null 2>&1"]) == 0:
            return subprocess.call(command)
    return fail(
        "Python %d.%d or newer is needed, %s is %d.%d. Install one, then: make PYTHON=/path/to/python3"
        % (OLDEST + (sys.executable,) + tuple(sys.version_info[:2]))
    )


def fingerprint():
    """The lock, the project file and the interpreter that .venv was made from, as one hash."""
    digest = hashlib.sha256()
    for path in (LOCK, os.path.join(ROOT, "pyproject.toml")):
        with open(path, "rb") as file:
            digest.update(file.read())
    digest.update(sys.version.encode())
    digest.update(ROOT.encode())
    return digest.hexdigest()


def make_venv():
    """Make .venv anew unless its interpreter is this one; return what went wrong, or None."""
    if os.path.isdir(VENV) and not is_own_venv():
        shutil.rmtree(VENV)
    if os.path.isdir(VENV):
        return None
    say("making .venv with Python %d.%d" % tuple(sys.version_info[:2]))
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        return (
            "%s can't make a virtual environment: install its venv package (on Debian and Ubuntu: "
            "apt install python3-venv), then run the command again" % sys.executable
        )
    return None


def is_own_venv():
    python = os.path.join(VENV, "bin", "python")
    if not os.path.exists(python):
        return False
    asked = subprocess.run([python, "-c", "import sys, pip; print(sys.version)"], stdout=subprocess.PIPE)
    return asked.returncode == 0 and asked.stdout.decode().strip() == sys.version.strip()


def install():
    """Install the locked packages and the project's own; return what went wrong, or None."""
    if shutil.disk_usage(ROOT).free < 1500 * 1024 * 1024:
        return "less than 1.5 GB free in %s, .venv needs about 0.9 GB: make room, then run it again" % ROOT
    pip = [os.path.join(VENV, "bin", "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    locked = pip + ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", LOCK]
    own = pip + ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    total = sum(1 for line in open(LOCK) if line[:1].isalnum())
    open(LOG, "w").close()
    for command, count in ((locked, total), (own, 1)):
        if not run_pip(command, count):
            return "installing the packages failed: %s (details: %s)" % (last_error(), LOG)
    return None


def run_pip(command, total):
    """Run pip with its output in the log and a count of packages on the terminal."""
    seen = 0
    with open(LOG, "a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in process.stdout:
            log.write(line)
            if line.startswith(("Collecting ", "Requirement already", "Obtaining ")) and total > 1:
                seen += 1
                progress("packages: %d of %d" % (min(seen, total), total))
        if total > 1:
            progress("packages: installed\n" if process.wait() == 0 else "\n")
        return process.wait() == 0


def last_error():
    with open(LOG) as log:
        lines = [line.strip() for line in log]
    if any("NewConnectionError" in line or "NameResolutionError" in line for line in lines):
        return "no package index answers; connect to the network once, then run the command again"
    errors = [line for line in lines if line.startswith("ERROR:")]
    return errors[-1] if errors else "pip stopped"


def progress(text):
    if sys.stderr.isatty() or text.endswith("\n"):
        sys.stderr.write(("\r" if sys.stderr.isatty() else "") + text)
        sys.stderr.flush()


def say(text):
    sys.stderr.write(text + "\n")


def fail(text):
    say("setup: " + text)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(fail("interrupted; run the same command again to go on"))
