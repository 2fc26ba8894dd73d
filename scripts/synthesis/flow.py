"""A size of the head with a library, from RTL to area and timing.

Small first; modules on paths that fail by much are mapped again for speed; then stronger cells where paths still fail.
"""
import collections
import dataclasses
import time
from pathlib import Path

from synthesis import netlist, node, resize, sta

ROOT = Path(__file__).resolve().parent.parent.parent
SDC = ROOT / "constraints/gca_head.sdc"
ROUNDS = 4  # of mapping again
RESIZINGS = 4  # of cells on failing paths
LEAST_WIN = 0.003  # of the period, for another try of the same kind
MILD = 0.12  # of the period: what stronger cells may mend
SHARE = 0.15  # of a failing path's delay that a module must have to be mapped again
INSIDE = 0.7  # of the period, which ABC aims at within a module that is mapped for speed


@dataclasses.dataclass
class Result:
    netlist: netlist.Netlist
    figures: dict  # statistics of each module
    timing: sta.Timing
    fo4: sta.Fo4
    levels: dict  # {module of rtl/: netlist.FAST or OPEN}
    seconds: float

    @property
    def area_um2(self):
        return self.figures[self.netlist.top]["total"]["area_um2"]

    @property
    def ge(self):
        return self.area_um2 / self.netlist.library.nand2.area

    @property
    def depth_fo4(self):
        return self.timing.period_ns / self.fo4.delay_ns


def harder(result, mild):
    """The levels with those modules a level up that hold much of a path that fails by more than this share of the
    period."""
    timing, design = result.timing, result.netlist
    found = set()
    for path in timing.all_paths:
        if path.slack_ns >= -mild * timing.clock_ns:
            continue
        delays = collections.Counter()
        for step in path.steps:
            delays[design.rtl_of(design.module_of(step.instance.split("/") if step.instance else []))] += step.delay_ns
        found |= {module for module, delay in delays.items() if delay > SHARE * sum(delays.values())}
    return result.levels | {module: min(result.levels.get(module, netlist.SMALL) + 1, netlist.OPEN) for module in found}


def better(new, old):
    """Meeting the clock counts first, then the slack, then the area."""
    if new.timing.slack_ns >= 0 and old.timing.slack_ns >= 0:
        return new.area_um2 < old.area_um2
    return new.timing.slack_ns > old.timing.slack_ns + 0.002 * new.timing.clock_ns


def synthesize(parameters, library, folder, *, clock_ns=None, module=None, flatten=False, rtl=None, paths=3,
               say=lambda text: None):
    """The best of a few mappings. clock_ns: by default what a nanosecond of the 28 nm-class node is in this library."""
    start = time.monotonic()
    folder = Path(folder)
    work = netlist.Synthesis("gca_head", parameters, library, folder, module=module, flatten=flatten, rtl=rtl)
    fo4 = sta.fo4(library, folder)
    clock_ns = clock_ns or node.equal_period(fo4.delay_ns)
    sdc = SDC if work.top == "gca_head" else None

    def timed(made, levels):
        timing = sta.analyze(made, clock_ns, fo4, sdc, max(paths, *resize.PATHS))
        return Result(made, made.figures, timing, fo4, levels, 0.0)

    def mapped(levels):
        return timed(work.map(INSIDE * clock_ns * 1000, levels), levels)

    def resized(result):
        """Stronger cells where paths fail, as long as that helps; many at once, then few."""
        limits = list(resize.PATHS)
        for _ in range(RESIZINGS):
            if result.timing.slack_ns >= 0 or not limits:
                break
            before = resize.snapshot(result.netlist)
            worst = sorted(result.timing.all_paths, key=lambda path: path.slack_ns)[:limits[0]]
            resize.strengthen(result.netlist, worst, 4 * library.typical_load)
            result.netlist.write()
            fresh = timed(result.netlist, result.levels)
            if fresh.timing.slack_ns > result.timing.slack_ns + LEAST_WIN * clock_ns:
                say(f"slack {result.timing.slack_ns:.3f} ns: stronger cells: {fresh.timing.slack_ns:.3f} ns")
                result = fresh
            else:
                resize.restore(result.netlist, before)
                result.netlist.write()
                result.figures = result.netlist.figures
                limits.pop(0)
        return result

    def again(best, mild, finish):
        """Mapped with the modules of failing paths a level up, if that is better; None if not."""
        levels = harder(best, mild)
        if levels == best.levels:
            return None
        changed = [module for module in levels if levels[module] != best.levels.get(module)]
        say(f"slack {best.timing.slack_ns:.3f} ns: maps {', '.join(sorted(changed))} for speed")
        fresh = finish(mapped(levels))
        if better(fresh, best):
            return fresh
        best.netlist.write()
        return None

    best = mapped({})
    for _ in range(ROUNDS):
        best, last = again(best, MILD, lambda result: result) or best, best
        if best is last:
            break
    best = resized(best)
    best = again(best, 0.0, resized) or best
    best.timing.paths = best.timing.paths[:paths]
    best.seconds = time.monotonic() - start
    return best
