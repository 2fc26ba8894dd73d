"""Writes what was found as JSON, and from that as Markdown."""
import re
import subprocess

from synthesis import netlist, node

WORTH = """These figures are from before layout. Area is the sum of the cells; a floor plan adds 20 to 50 % for rows that
can't be filled, power rails, the clock tree and hold buffers. Wires have no resistance and no capacitance here, which at
this size hides some 10 to 30 % of a path's delay, and more of the power of nets that cross the block. Clock, set and
reset are ideal: no skew, no uncertainty, no tree. There is one corner, typical. Hold times are not looked at: clock-tree
synthesis mends them. Differences between two designs in the same flow are worth more than any figure by itself."""


MAPPED_FOR = {netlist.SMALL: "area", netlist.FAST: "speed", netlist.OPEN: "speed, adders open"}


def tool_versions():
    def said(command, pattern):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except OSError:
            return "unknown"
        found = re.search(pattern, done.stdout + done.stderr)
        return found[0] if found else "unknown"
    return {"yosys": said(["yosys", "-V"], r"Yosys \S+"), "abc": said(["yosys-abc", "-c", "version"], r"ABC \d\S+"),
            "opensta": f"OpenSTA {said(['sta', '-version'], r'[0-9][0-9.]+')}"}


def path_figures(path, clock_ns, fo4_ns):
    least = path.least_period(clock_ns)
    return {"start": path.start, "end": path.end, "slack_ns": round(path.slack_ns, 4), "depth": path.depth,
            "least_period_ns": round(least, 4), "fo4": round(least / fo4_ns, 1),
            "cells": [{"pin": step.pin, "cell": step.cell, "delay_ns": step.delay_ns} for step in path.steps]}


def modules(result):
    """Of each module: its own cells, in all its instances."""
    design, total = result.netlist, result.area_um2
    gate = design.library.nand2.area
    rows = []
    for name in design.order:
        figures, count = result.figures[name], design.counts[name]
        own = {key: value * count for key, value in figures["own"].items()}
        path = result.timing.by_module.get(name)
        rows.append({"module": name, "rtl": design.rtl_of(name), "instances": count,
                     "mapped_for": MAPPED_FOR[result.levels.get(design.rtl_of(name), netlist.SMALL)],
                     "area_um2": round(own["area_um2"], 2), "kge": round(own["area_um2"] / gate / 1000, 4),
                     "share": round(own["area_um2"] / total, 4), "cells": own["cells"], "flops": own["flops"],
                     "latches": own["latches"],
                     "kge_with_parts": round(count * figures["total"]["area_um2"] / gate / 1000, 4),
                     "worst_path": path and path_figures(path, result.timing.clock_ns, result.fo4.delay_ns)})
    return sorted(rows, key=lambda row: -row["area_um2"])


def figures(result, geometry, style, power=None):
    """Everything, ready for JSON."""
    library, timing, fo4_ns = result.netlist.library, result.timing, result.fo4.delay_ns
    target = node.TARGET
    total = result.figures[result.netlist.top]["total"]
    period = timing.period_ns
    longest = max(timing.all_paths, key=lambda path: path.least_period(timing.clock_ns))
    data = {
        "top": result.netlist.top, "configuration": geometry.name, "size": geometry.size,
        "parameters": result.netlist.parameters, "style": style, "tools": tool_versions(),
        "library": {"file": library.path.name, "name": library.name, "voltage": library.voltage,
                    "nand2": {"cell": library.nand2.name, "area_um2": library.nand2.area},
                    "fo4": {"cell": library.inverter.name, "delay_ns": round(fo4_ns, 5)}},
        "area": {"um2": round(total["area_um2"], 2), "kge": round(result.ge / 1000, 4), "cells": total["cells"],
                 "flops": total["flops"], "latches": total["latches"],
                 "flops_kge": round(total["flops_um2"] / library.nand2.area / 1000, 4)},
        "modules": modules(result),
        "timing": {
            "clock_ns": round(timing.clock_ns, 4), "slack_ns": round(timing.slack_ns, 4), "met": timing.slack_ns >= 0,
            "least_period_ns": round(period, 4), "max_mhz": round(1000 / period, 2), "fo4": round(result.depth_fo4, 1),
            "paths": [path_figures(path, timing.clock_ns, fo4_ns) for path in timing.paths],
            "by_kind": {kind: path_figures(path, timing.clock_ns, fo4_ns) for kind, path in timing.by_kind.items()},
            "longest": path_figures(longest, timing.clock_ns, fo4_ns),
            "unconstrained": len(timing.unconstrained),
            "unconstrained_elsewhere": [end for end in timing.unconstrained
                                        if "u_synchronizer/" not in end and "u_sign_ff/" not in end],
            "beyond_max_transition": timing.slow_pins},
        "node": {"name": target.name, "area_mm2": round(result.ge * target.nand2_um2 / 1e6, 5),
                 "least_period_ns": round(result.depth_fo4 * target.fo4_ps / 1000, 4),
                 "max_mhz": round(1e6 / (result.depth_fo4 * target.fo4_ps), 1), "assumptions": list(node.ASSUMPTIONS)},
        "seconds": round(result.seconds, 1),
    }
    if power:
        data["power"] = power
    return data


def table(head, rows):
    """Markdown, the first column to the left, the others to the right."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def summary(data):
    library, area, timing, scaled = data["library"], data["area"], data["timing"], data["node"]
    rows = [("area", f"{area['um2'] / 1e6:.4f} mm^2", f"{scaled['area_mm2']:.4f} mm^2"),
            ("NAND2 equivalents", f"{area['kge']:.1f} kGE", "the same"),
            ("least clock period", f"{timing['least_period_ns']:.3f} ns", f"{scaled['least_period_ns']:.3f} ns"),
            ("highest clock", f"{timing['max_mhz']:.0f} MHz", f"{scaled['max_mhz']:.0f} MHz"),
            ("depth of the longest path", f"{timing['fo4']:.1f} FO4", "the same")]
    if "power" in data:
        power = data["power"]
        rows.append(("energy a token", f"{power['token_pj']:.0f} pJ",
                     f"{power['node']['token_pj_low']:.0f} to {power['node']['token_pj_high']:.0f} pJ"))
        rows.append(("power", f"{power['mw']:.2f} mW at {1000 / power['period_ns']:.0f} MHz",
                     f"{power['node']['mw_low']:.2f} to {power['node']['mw_high']:.2f} mW at 1 GHz"))
    return table(("", library["name"], f"{scaled['name']}, scaled"), rows)


def module_table(data):
    def slack(row):
        return f"{row['worst_path']['slack_ns']:.3f}" if row["worst_path"] else ""
    rows = [(row["module"], row["instances"], f"{row['area_um2']:.0f}", f"{row['kge']:.2f}",
             f"{100 * row['share']:.1f}", row["cells"], row["flops"], slack(row), row["mapped_for"])
            for row in data["modules"]]
    area = data["area"]
    rows.append(("**all**", "", f"{area['um2']:.0f}", f"{area['kge']:.2f}", "100", area["cells"], area["flops"],
                 f"{data['timing']['slack_ns']:.3f}", ""))
    return table(("module", "instances", "um^2", "kGE", "%", "cells", "flops", "worst slack, ns", "mapped for"), rows)


def timing_text(data):
    timing = data["timing"]
    verdict = ("The clock is met." if timing["met"] else f"**The clock is not met**: the longest path is "
               f"{-timing['slack_ns']:.3f} ns late.")
    ports = ("The host has two fifths of it outside the head, each way, the analog side half of it "
             "(`constraints/gca_head.sdc`)." if data["top"] == "gca_head" else "Ports are at the clock's edges.")
    lines = [f"Clock period {timing['clock_ns']:.3f} ns. {verdict} {ports}", ""]
    paths = [(kind, path) for kind, path in timing["by_kind"].items()]
    paths += [(f"worst {i + 1}", path) for i, path in enumerate(timing["paths"])]
    lines.append(table(("path", "slack, ns", "cells", "needs, ns", "FO4", "from", "to"),
                       [(kind, f"{path['slack_ns']:.3f}", path["depth"], f"{path['least_period_ns']:.3f}", path["fo4"],
                         f"`{path['start']}`", f"`{path['end']}`") for kind, path in paths]))
    longest = timing["longest"]
    lines += ["", f"The path that needs the longest period, {longest['least_period_ns']:.3f} ns:", "", "```",
              *(f"{step['delay_ns']:8.3f}  {step['pin']} ({step['cell']})" for step in longest["cells"]), "```"]
    lines += ["", "No endpoint is without a constraint." if not timing["unconstrained"] else
              f"{timing['unconstrained']} endpoints have no constraint: "
              + ("all of them are first flops of gca_synchronizer or in gca_sign_ff, whose inputs are asynchronous."
                 if not timing["unconstrained_elsewhere"] else
                 "**these are neither in gca_synchronizer nor in gca_sign_ff**: "
                 + ", ".join(timing["unconstrained_elsewhere"][:5]))]
    if timing["beyond_max_transition"]:
        slow = timing["beyond_max_transition"]
        lines.append(f"**Slower edges than the library allows** at {len(slow)} pins, such as `{slow[0]}`.")
    return "\n".join(lines)


def paper_text(data):
    """What the figures are beside the paper's, and why they differ."""
    paper, scaled = node.PAPER, data["node"]
    rows = [("clock", f"{paper['clock_ghz']:.0f} GHz", f"{scaled['max_mhz'] / 1000:.2f} GHz"),
            ("area", f"{paper['area_mm2']} mm^2, the whole head", f"{scaled['area_mm2']:.3f} mm^2, digital alone")]
    text = []
    if "power" in data:
        power = data["power"]["node"]
        rows.append(("energy a token, digital", f"{paper['energy_pj'] / 1000:.0f} nJ with routing",
                     f"{power['token_pj_low'] / 1000:.3f} to {power['token_pj_high'] / 1000:.3f} nJ without wires"))
        rows.append(("power, digital", f"{paper['power_mw']} mW",
                     f"{power['mw_low']:.1f} to {power['mw_high']:.1f} mW"))
    share = scaled["area_mm2"] / paper["area_mm2"]
    largest = data["modules"][0]
    text.append(f"- Area: the digital part would be {100 * share:.0f} % of the paper's head. {largest['module']} has "
                f"{100 * largest['share']:.0f} % of it. The paper's figure counts the cells' arrays at about "
                f"{paper['cell_um2']:.0f} um^2 a cell; it does not say how large its periphery is.")
    depth = data["timing"]["fo4"]
    budget = 1000 / node.TARGET.fo4_ps
    text.append(f"- Clock: 1 GHz is {budget:.0f} FO4 on the assumed node; the longest path has {depth:.0f}"
                + (f", {depth - budget:.0f} too many." if depth > budget else ", which fits."))
    if "power" in data:
        power = data["power"]
        low, high = power["node"]["token_pj_low"], power["node"]["token_pj_high"]
        clock = power["parts_pj"]["clock pins"] / power["token_pj"]
        text.append(f"- Energy: {paper['energy_pj'] / high:.0f} to {paper['energy_pj'] / low:.0f} times less than the "
                    "paper's. In it are cells and pins alone; wires, clock tree and glitches are not, and the paper's "
                    f"includes the routing to and from the arrays. {100 * clock:.0f} % of what is here goes "
                    "into clock pins, whatever the data.")
        text.append(f"- Power: the paper's {paper['power_mw']} mW is more than its {paper['energy_pj'] / 1000:.0f} nJ "
                    f"over {paper['latency_ns']:.0f} ns ({paper['energy_pj'] / paper['latency_ns']:.0f} mW): it is that of "
                    f"{paper['energy_pj'] / paper['power_mw']:.0f} ns, as if tokens overlapped.")
    return f"{table(('', 'paper', scaled['name'] + ', scaled'), rows)}\n\n" + "\n".join(text)


def power_text(data):
    power = data["power"]
    rows = [(row["module"], *(f"{row[part]:.2f}" for part in power["parts_pj"]), f"{row['pj']:.2f}",
             f"{100 * row['pj'] / power['token_pj']:.1f}") for row in power["modules"]]
    rows.append(("**all**", *(f"{value:.2f}" for value in power["parts_pj"].values()), f"{power['token_pj']:.2f}",
                 "100"))
    return "\n".join([
        f"Switching activity of {power['tokens']} tokens in {power['cycles']} cycles, of "
        f"{100 * power['covered']:.1f} % of the nets" + ("" if power["covered"] > 0.999 else " (others count as still)")
        + ", on average "
        f"{power['cycles'] / power['tokens']:.1f} cycles a token. pJ a token:", "",
        table(("module", *power["parts_pj"], "pJ", "%"), rows), "",
        power["method"]])


def markdown(data):
    title = f"# {data['top']}, {data['configuration']} ({data['size']}), {data['library']['name']}"
    library, tools = data["library"], data["tools"]
    nand2, fo4 = library["nand2"], library["fo4"]
    parts = [title, "", f"{tools['yosys']}; {tools['abc']}; {tools['opensta']}. Library `{library['file']}`, "
             f"{library['voltage']} V: a gate equivalent (GE) is {nand2['cell']}, {nand2['area_um2']} um^2; an FO4 is "
             f"{1000 * fo4['delay_ns']:.1f} ps ({fo4['cell']} with four of itself, in a chain). "
             f"ReadoutStyle: {data['style'] or 'the default'}.", "", summary(data), "",
             "## Area", "", "Each module's own cells, in all its instances.", "", module_table(data), "",
             f"Flops: {data['area']['flops_kge']:.2f} kGE. Latches: {data['area']['latches'] or 'none'}. Memories and black boxes: none. Constants need no cell "
             "here.", "",
             "## Timing", "", timing_text(data), ""]
    if "power" in data:
        parts += ["## Power", "", power_text(data), ""]
    if data["top"] == "gca_head" and data["configuration"] == "paper":
        parts += ["## Beside the paper", "", paper_text(data), ""]
    parts += ["## What these figures are worth", "", WORTH, "", f"Scaling to the {data['node']['name']} node:", "",
              *(f"- {line}" for line in data["node"]["assumptions"]), ""]
    return "\n".join(parts)
