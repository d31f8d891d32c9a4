# SPDX-License-Identifier: GPL-2.0-only
"""Named tests that report in the Test Anything Protocol, as kselftests do."""
import itertools
import signal
import sys
import traceback

TESTS = []
LIMIT_S = 7200		# of the guest's clock, for one test
KSFT_SKIP = 4


class Mismatch(AssertionError):
    """Something else came than what the test expected."""


class Skip(Exception):
    """The test has nothing to say here; the text tells why."""


class Case:
    def __init__(self, name, func, params, host):
        self.name, self.func, self.params = name, func, params
        self.host = host


def axis_text(key, value):
    return "ipv%d" % value if key == "v" else str(value)


def test(name, host=True, **axes):
    """Register a function under NAME, once per combination of the axes.

    The values are appended to the name and become attributes of the context.
    host: what the host's TCP does as well; else the reason why it does not.
    """
    def register(func):
        for values in itertools.product(*axes.values()):
            add(name, func, dict(zip(axes, values)), host)
        return func
    return register


def add(name, func, params, host=True):
    parts = [name] + [axis_text(k, x) for k, x in params.items()]
    TESTS.append(Case(".".join(parts), func, params, host))


def wanted(case, names):
    return not names or any(case.name == n or case.name.startswith(n + ".")
                            for n in names)


def diagnose(text):
    for line in str(text).splitlines():
        print("# " + line)


def on_alarm(signum, frame):
    raise Mismatch("the test took longer than %d s" % LIMIT_S)


def run_one(case, make_context):
    """ "ok", "skip" or "fail", and the text that goes with it."""
    signal.alarm(LIMIT_S)
    context = None
    try:
        context = make_context(case)
        case.func(context)
        context.verify()
        return "ok", ""
    except Skip as why:
        return "skip", str(why)
    except Mismatch as what:
        where = [f for f in traceback.extract_tb(what.__traceback__)
                 if f.name == case.func.__name__]
        line = "line %d: " % where[-1].lineno if where else ""
        return "fail", line + str(what)
    except Exception:
        return "fail", traceback.format_exc()
    finally:
        signal.alarm(0)
        if context:
            context.finish()


def run(cases, make_context):
    failed = skipped = 0
    print("TAP version 13\n1..%d" % len(cases))
    for number, case in enumerate(cases, 1):
        result, text = run_one(case, make_context)
        if result == "fail":
            failed += 1
            diagnose(text)
        skipped += result == "skip"
        print("%sok %d %s%s" % ("not " if result == "fail" else "", number,
                                case.name, " # SKIP " + text
                                if result == "skip" else ""))
        sys.stdout.flush()
    diagnose("Totals: pass:%d fail:%d skip:%d"
             % (len(cases) - failed - skipped, failed, skipped))
    return 1 if failed else KSFT_SKIP if skipped == len(cases) else 0


def main(prepare):
    """prepare() gives make_context; raises Skip where nothing can run."""
    names = [a for a in sys.argv[1:] if not a.startswith("-")]
    if "--list" in sys.argv:
        print("\n".join(case.name for case in TESTS))
        sys.exit(0)
    cases = [case for case in TESTS if wanted(case, names)]
    if not cases:
        sys.exit("no such test: " + " ".join(names))
    signal.signal(signal.SIGALRM, on_alarm)
    try:
        make_context = prepare()
    except Skip as why:
        print("TAP version 13\n1..0 # SKIP %s" % why)
        sys.exit(KSFT_SKIP)
    sys.exit(run(cases, make_context))
