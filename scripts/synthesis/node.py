"""What a figure of one library would be on a 28 nm-class node, and the paper's figures to set beside.

Area goes by NAND2 equivalents, delay by FO4, energy by published fits. All three are rough: a factor of 1.5 either way
is no surprise.
"""
import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Node:
    """Each figure with where it is from."""
    name: str = "28 nm class"
    nand2_um2: float = 0.5
    fo4_ps: float = 22.25
    voltage: float = 0.9
    nm: int = 28


TARGET = Node()
ASSUMPTIONS = (
    f"Area: {TARGET.nand2_um2} um^2 a NAND2, that is 3 gate pitches of 0.14 um by 12 tracks of 0.1 "
    "um. The process allows gates every 113 to 117 nm and metal every 90 to 95 nm (WikiChip, \"28 nm lithography "
    "process\"), that is 0.37 um^2 for the same cell.",
    f"Delay: {TARGET.fo4_ps} ps an FO4, so that 45 FO4 make a nanosecond. On purpose slow: typical silicon is two "
    "times as fast (a 32 nm high-k metal-gate process has been published with 8.7 ps; the rule of 360 to 500 ps a um of gate "
    "length, Ho, Mai, Horowitz, \"The future of wires\", Proc. IEEE 89, 2001, gives 10 to 14 ps). The rest pays for "
    "wires, the slow corner and the clock's uncertainty, none of which is in a pre-layout figure.",
    f"Energy, from a library's node and voltage to {TARGET.voltage} V. Low: the fits of Stillmaker and Baas, \"Scaling "
    "equations for the accurate prediction of CMOS device performance from 180 nm to 7 nm\", Integration 58, 2017, to "
    "their 32 nm high-performance node, the nearest planar one that they have. High: capacitance by the node's name, "
    "times voltage squared. The library's node is guessed by its FO4, at 0.55 ps a nm, unless --node-nm says it.",
)

# Energy factors a2 V^2 + a1 V + a0 of Stillmaker and Baas, table 5, by node in nm.
ENERGY = {180: (0.0, 24.64, -17.98), 130: (7.171, -6.709, 2.904), 90: (4.762, -4.781, 2.092),
          65: (3.755, -4.398, 1.975), 45: (1.018, -0.3107, 0.1539), 32: (0.8367, -0.4341, 0.1701)}


def equal_period(fo4_ns, period_ns=1.0):
    """The period in a library that has as many FO4 as `period_ns` has on the 28 nm-class node."""
    return period_ns * 1000 / TARGET.fo4_ps * fo4_ns


def guess(fo4_ns):
    """The node in nm of a library, the nearest of ENERGY, by 0.55 ps of FO4 a nm."""
    return min(ENERGY, key=lambda nm: abs(math.log(fo4_ns * 1000 / 0.55 / nm)))


def energy_factors(node_nm, voltage):
    """(by the fits, by capacitance and voltage squared): what to multiply an energy with."""
    def fit(nm, volts):
        a2, a1, a0 = ENERGY[nm]
        return a2 * volts ** 2 + a1 * volts + a0
    nearest = min(ENERGY, key=lambda nm: abs(nm - node_nm))
    return (fit(32, TARGET.voltage) / fit(nearest, voltage),
            TARGET.nm / node_nm * (TARGET.voltage / voltage) ** 2)


# The paper's head (arXiv 2409.19315), its digital part.
PAPER = {"energy_pj": 4000.0, "power_mw": 113.7, "latency_ns": 65.0, "clock_ghz": 1.0, "area_mm2": 0.5, "cell_um2": 1.0}
