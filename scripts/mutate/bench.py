# SPDX-License-Identifier: GPL-2.0-only
"""Builds the tests once, then each mutant against them, and runs those."""
import os
import resource
import shutil
import subprocess
import tempfile

CC = ["gcc", "-std=gnu11", "-O2", "-w", "-fno-ident"]
# Some .def files matter to one object only, though most of them include it.
ONLY = {"module/machine/table.def": "module/machine/table.c",
        "module/machine/reasons.def": "module/machine/table.c"}
WORLDS = 12000		# for each scenario of the explorer
PATIENCE = 10		# times as much CPU as the unchanged program needs
KILLED = "killed"
SURVIVED = "survived"
SAME = "same object"
INVALID = "does not compile"


class Failure(Exception):
    pass


class Program:
    """A test program: its name in reports, its sources, its arguments."""

    def __init__(self, name, sources, rooms, arguments=()):
        self.name = name
        self.sources = sources
        self.rooms = rooms		# of module/, what it is linked to
        self.arguments = list(arguments)
        self.cpu_s = 5


def make_variables(top, folder, *names):
    """What a Makefile says about its sources, without paths."""
    rule = "mutants:;@%s" % ";".join("echo $(notdir $(%s))" % n for n in names)
    done = subprocess.run(["make", "-s", "-C", "%s/selftests/%s" %
                           (top, folder), "--eval", rule, "mutants"],
                          text=True, capture_output=True, check=True)
    return [["selftests/%s/%s" % (folder, f) for f in line.split()]
            for line in done.stdout.splitlines()]


def all_programs(top):
    """The quick ones first."""
    unit, explorer = make_variables(top, "machine", "tests", "world")
    stream, = make_variables(top, "stream", "wildcard *.c")
    return [Program("machine", unit, ["machine"]),
            Program("stream", stream, ["machine", "stream"]),
            Program("explorer", explorer, ["machine"], [str(WORLDS)])]


class Bench:
    def __init__(self, top, out, unit=False):
        self.out = out
        # A copy, for the checkout may change under our hands.
        self.tree = os.path.join(out, "tree")
        for folder in ("module/machine", "module/stream", "selftests/machine",
                       "selftests/stream"):
            shutil.copytree(os.path.join(top, folder),
                            os.path.join(self.tree, folder))
        self.programs = [p for p in all_programs(self.tree)
                         if not unit or p.name != "explorer"]
        self.pure = {room: sorted(
            "module/%s/%s" % (room, f)
            for f in os.listdir("%s/module/%s" % (self.tree, room))
            if f.endswith(".c")) for room in ("machine", "stream")}
        self.needs = {}			# object's source -> what it includes

    def object(self, folder, source):
        return os.path.join(folder, source.replace("/", "-")[:-2] + ".o")

    def compile(self, folder, source, include=()):
        """source lies in the first of include that has it."""
        where = next(d for d in list(include) + [self.tree]
                     if os.path.exists(os.path.join(d, source)))
        command = CC + ["-c", os.path.join(where, source), "-o",
                        self.object(folder, source)]
        for d in include:
            command += ["-I" + os.path.join(d, "module")]
        command += ["-I" + self.tree + "/module",
                    "-iquote" + os.path.dirname(os.path.join(self.tree,
                                                             source))]
        return subprocess.run(command, stderr=subprocess.PIPE, text=True)

    def sources(self, program):
        return program.sources + [s for room in program.rooms
                                  for s in self.pure[room]]

    # The unchanged programs ------------------------------------------------

    def prepare(self, pool):
        base = os.path.join(self.out, "base")
        os.makedirs(base)
        every = sorted({s for p in self.programs for s in self.sources(p)})
        for source, done in zip(every, pool.map(
                lambda s: self.compile(base, s), every)):
            if done.returncode:
                raise Failure("%s does not compile:\n%s" %
                              (source, done.stderr))
            self.needs[source] = self.includes(source)
        for program in self.programs:
            self.link(program, base, {})
            began = resource.getrusage(resource.RUSAGE_CHILDREN)
            verdict, by = self.run(program, base, 600)
            ended = resource.getrusage(resource.RUSAGE_CHILDREN)
            if verdict != SURVIVED:
                raise Failure("without any mutant %s fails: %s" %
                              (program.name, by))
            used = ended.ru_utime + ended.ru_stime - (
                began.ru_utime + began.ru_stime)
            program.cpu_s = int(1 + PATIENCE * used) + 1

    def includes(self, source):
        done = subprocess.run(
            CC + ["-MM", source, "-Imodule"], cwd=self.tree, text=True,
            capture_output=True, check=True)
        return set(os.path.normpath(w) for w in
                   done.stdout.replace("\\\n", " ").split()[1:])

    def link(self, program, folder, changed):
        base = os.path.join(self.out, "base")
        objects = [self.object(folder if s in changed else base, s)
                   for s in self.sources(program)]
        subprocess.run(["gcc", "-o", os.path.join(folder, program.name)] +
                       objects, check=True, stderr=subprocess.DEVNULL)

    # One mutant -------------------------------------------------------------

    def affected(self, path):
        if path.endswith(".c"):
            return [path]
        if path in ONLY:
            return [ONLY[path]]
        # The tests keep what a header's functions are meant to do.
        return [s for s in sorted(self.needs) if path in self.needs[s] and
                (path.endswith(".def") or s.startswith("module/"))]

    def trial(self, mutant, quick=False):
        """(verdict, program and test that killed it). quick: a known survivor,
        and the explorer is not asked again."""
        folder = tempfile.mkdtemp(prefix="mutant-", dir=self.out)
        try:
            os.makedirs(os.path.join(folder, os.path.dirname(mutant.path)))
            with open(os.path.join(folder, mutant.path), "w") as file:
                file.write(mutant.text)
            return self.try_in(folder, self.affected(mutant.path), quick)
        finally:
            shutil.rmtree(folder)

    def try_in(self, folder, sources, quick):
        changed = set()
        for source in sources:
            if self.compile(folder, source, [folder]).returncode:
                return INVALID, ""
            if not self.same(folder, source):
                changed.add(source)
        if not changed:
            return SAME, ""
        for program in self.programs:
            if not changed.intersection(self.sources(program)) or \
                    quick and program.name == "explorer":
                continue
            self.link(program, folder, changed)
            verdict, by = self.run(program, folder, program.cpu_s)
            if verdict != SURVIVED:
                return verdict, by
        return SURVIVED, ""

    def same(self, folder, source):
        contents = []
        for d in (folder, os.path.join(self.out, "base")):
            with open(self.object(d, source), "rb") as file:
                contents.append(file.read())
        return contents[0] == contents[1]

    def run(self, program, folder, cpu_s):
        """Until the first test that fails. Time is CPU time: a busy machine
        kills no mutant."""
        command = ["prlimit", "--core=0", "--cpu=%d" % cpu_s,
                   os.path.join(folder, program.name)] + program.arguments
        process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        failed = None
        for line in process.stdout:
            if line.startswith(b"not ok"):
                failed = line.split()[3].decode()
                process.kill()
                break
        process.stdout.close()
        code = process.wait()
        if failed:
            return KILLED, "%s: %s" % (program.name, failed)
        if code in (-24, -9):
            return KILLED, "time: %s" % program.name
        if code:
            return KILLED, "%s: exit %d" % (program.name, code)
        return SURVIVED, ""


