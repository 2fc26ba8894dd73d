#!/usr/bin/python3
"""scripts/train: its forward pass against the functional engine, its stages, its files.

    /usr/bin/python3 tests/language/training_test.py PATH_TO_GCA [unittest's arguments]
"""
import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
from training import adaptation, corpus, evaluation, files, hardware, optimize, transformer  # noqa: E402
from training.errors import UsageError  # noqa: E402

SHIPPED = ROOT / "sim/data/austen"
GCA = None  # set in main
STAGES = ("softmax", "linear", "cubic-unadapted", "cubic-adapted", "cubic")
SMALL = transformer.Shape(layers=2, heads=2, dim=64, context=96)
# The first words of Persuasion.
UNSEEN = (b"Sir Walter Elliot, of Kellynch Hall, in Somersetshire, was a man who, for his own amusement, never "
          b"took up any book but the Baronetage; there he found occupation for an idle hour, and consolation in "
          b"a distressed one; there his faculties were roused into admiration and respect, by contemplating the "
          b"limited remnant of the earliest patents; there any unwelcome sensations, arising from domestic "
          b"affairs changed naturally into pity and contempt as he turned over the almost endless creations of "
          b"the last century; and there, if every other leaf were powerless, he could read his own history with "
          b"an interest which never failed.")


def silent(_):
    pass


def projections(heads, tokens):
    """Within and beyond the hardware's range, with exact ties of the query's and the stored levels."""
    random = np.random.default_rng(heads * 1000 + tokens)
    q = random.uniform(-0.05, 1.05, (heads, tokens, 64))
    k = 0.45 + 0.25 * random.standard_normal((heads, tokens, 64))
    v = 0.45 + 0.30 * random.standard_normal((heads, tokens, 64))
    q[random.uniform(size=q.shape) < 0.05] = 0.5
    k[random.uniform(size=k.shape) < 0.05] = 0.45
    v[random.uniform(size=v.shape) < 0.05] = 0.45
    return {"q": q, "k": k, "v": v}


def configuration(head):
    return (f"[quantization]\nquery_levels = {head.query_levels}\nstore_levels = {head.store_levels}\n"
            f'output = "{head.output}"\noutput_levels = {head.output_levels}\n[cell]\nmodel = "{head.cell}"\n'
            f"[charge_to_pulse]\ns_sat = {head.s_sat}\na_sat = {head.a_sat}\n"
            f'[leakage]\nform = "{head.leakage}"\ndecay_per_token = {head.decay_per_token}\n')


class ForwardPass(unittest.TestCase):
    HEADS = 2

    def engine(self, head, arrays):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "config.toml").write_text(configuration(head))
            np.savez(folder / "in.npz", **arrays)
            subprocess.run([GCA, "run", "--engine", "functional", "--check", "never", "--window", str(head.window),
                            "--config", folder / "config.toml", "--input", folder / "in.npz",
                            "--output", folder / "out.npz"], check=True, stdout=subprocess.DEVNULL)
            with np.load(folder / "out.npz") as result:
                return {name: result[name] for name in result.files}

    def attention(self, head, arrays):
        layer = hardware.Attention(head, self.HEADS).double()
        with torch.no_grad():
            return layer(*(torch.from_numpy(arrays[name])[None] for name in "qkv"))[0].numpy()

    def check_counts(self, tokens, **settings):
        head = hardware.Head(**settings)
        arrays = projections(self.HEADS, tokens)
        counts = self.engine(head, arrays)["counts"]
        self.assertGreater(np.abs(counts).max(), 1)
        mine = self.attention(head, arrays) * (head.output_levels - 1)
        differ = np.argwhere(np.abs(mine - counts) > 1e-9)
        self.assertEqual(len(differ), 0, f"{len(differ)} of {counts.size} counts differ, {head}, {tokens} tokens; "
                         f"first at [head, token, output] {differ[:1].tolist()}")

    def test_counts_are_the_functional_engines(self):
        for cell in ("linear", "cubic"):
            for leakage in ("voltage", "product", "off"):
                for window in (7, 64, 100, 128, 1024):
                    with self.subTest(cell=cell, leakage=leakage, window=window):
                        self.check_counts(300, cell=cell, leakage=leakage, window=window, decay_per_token=2e-3)

    def test_counts_with_saturation_everywhere(self):
        self.check_counts(200, window=150, s_sat=20.0, a_sat=5.0)

    def test_counts_with_other_levels(self):
        self.check_counts(150, window=128, query_levels=5, store_levels=16, output_levels=8)

    def test_other_output_quantisers(self):
        for output in ("mid-tread", "off"):
            with self.subTest(output=output):
                head = hardware.Head(window=100, output=output)
                arrays = projections(self.HEADS, 200)
                mine = self.attention(head, arrays)
                np.testing.assert_allclose(mine, self.engine(head, arrays)["y"], atol=1e-6)

    def test_scalers_come_before_the_clamps_and_after_the_adders(self):
        head = hardware.Head(window=100, cell="linear")
        numbers = {"q": (2.0, 0.25), "k": (-3.0, 0.1), "v": (0.5, 0.5), "output": (1.5, -0.5)}
        raw = {name: np.random.default_rng(5).standard_normal((self.HEADS, 120, 64)) / 4 for name in "qkv"}
        scaled = {name: numbers[name][0] * raw[name] + numbers[name][1] for name in "qkv"}
        counts = self.engine(head, scaled)["counts"]
        layer = hardware.Attention(head, self.HEADS).double()
        with torch.no_grad():
            for stage, (a, b) in numbers.items():
                layer.scaler(stage)[0].fill_(a)
                layer.scaler(stage)[1].fill_(b)
            mine = layer(*(torch.from_numpy(raw[name])[None] for name in "qkv"))[0].numpy()
        np.testing.assert_allclose(mine, 1.5 * counts / 15 - 0.5, atol=1e-9)


class Gradients(unittest.TestCase):
    def test_quantisers_are_the_identity_backward(self):
        x = torch.linspace(0, 1, 37, requires_grad=True)
        for y in (hardware.quantise(x, 1.0, 16), hardware.count(x, "counter", 16), hardware.count(x, "mid-tread", 16)):
            x.grad = None
            y.sum().backward()
            self.assertTrue(torch.equal(x.grad, torch.ones_like(x)))

    def test_gradients_are_those_without_quantisers(self):
        torch.manual_seed(3)
        smooth = hardware.Attention(hardware.Head(window=40, query_levels=0, store_levels=0, output="off"), 1).double()
        x = torch.rand(1, 1, 70, 64, dtype=torch.float64, requires_grad=True)
        u_k, u_v = (0.3 * torch.randn(1, 1, 70, 64, dtype=torch.float64) for _ in range(2))
        u_k.requires_grad_(), u_v.requires_grad_()
        self.assertTrue(torch.autograd.gradcheck(lambda *given: smooth.respond(*given)[0, 0, ::23, ::31],
                                                 (x, u_k, u_v), fast_mode=True))


class Stages(unittest.TestCase):
    def small_model(self, seed=1):
        torch.manual_seed(seed)
        return transformer.Transformer(SMALL)

    def text(self):
        return np.frombuffer(UNSEEN * 4, np.uint8)

    def test_hardware_model_begins_in_the_middle_of_the_ranges(self):
        model = self.small_model()
        samples = torch.from_numpy(self.text()[:960].reshape(10, 96).astype(np.int64))
        targets = adaptation.targets_of_softmax(model, samples)
        model.set_attention(lambda: hardware.Attention(hardware.Head(window=80, cell="linear"), SMALL.heads))
        history = adaptation.adapt(model, targets, samples, silent)
        self.assertLess(history[-1], 1e-4)
        found = adaptation.statistics(model, samples)
        self.assertAlmostEqual(found[1]["k"][0][1].item(), 0.45, delta=1e-4)
        self.assertAlmostEqual(found[1]["q"][1][0].item(), 0.2, delta=1e-4)

    def test_adaptation_finds_the_targets_again(self):
        model = self.small_model()
        samples = torch.from_numpy(self.text()[:960].reshape(10, 96).astype(np.int64))
        model.set_attention(lambda: hardware.Attention(hardware.Head(window=80, cell="linear"), SMALL.heads))
        adaptation.adapt(model, [{"q": (torch.tensor([.4, .5]), torch.tensor([.1, .2])),
                                  "k": (torch.tensor([.4, .5]), torch.tensor([.1, .2])),
                                  "v": (torch.tensor([.5, .4]), torch.tensor([.2, .1])),
                                  "output": (torch.tensor([0., .5]), torch.tensor([1., .5]))}] * 2, samples, silent)
        targets = adaptation.statistics(model, samples)
        scalers = {name: value for name, value in model.state_dict().items() if ".kernel." in name}
        model.set_attention(lambda: hardware.Attention(hardware.Head(window=80, cell="cubic"), SMALL.heads))
        model.load_state_dict(scalers, strict=False)
        history = adaptation.adapt(model, targets, samples, silent)
        self.assertGreater(history[0], 0.05)
        self.assertLess(history[-1], 1e-4)
        self.assertLessEqual(len(history), 101)

    def test_weight_of_the_blend_falls_over_50_iterations(self):
        self.assertEqual([adaptation.weight_at(i) for i in (0, 50, 99)], [1.0, 0.1, 0.1])
        self.assertAlmostEqual(adaptation.weight_at(25), 0.55)

    def test_interrupted_training_ends_with_the_same_weights(self):
        class Interrupt(Exception):
            pass

        def interrupt(line):
            if "step 5 " in line:
                raise Interrupt

        straight, broken = self.small_model(), self.small_model()
        schedule = optimize.Schedule("softmax", 8, 1e-3, 2, seed=4)
        keep = optimize.CHECKPOINT_S, optimize.PROGRESS_S
        optimize.CHECKPOINT_S, optimize.PROGRESS_S = 0, 0
        self.addCleanup(lambda: vars(optimize).update(CHECKPOINT_S=keep[0], PROGRESS_S=keep[1]))
        with tempfile.TemporaryDirectory() as folder:
            optimize.train(straight, schedule, self.text(), Path(folder) / "a.pt", silent)
            with self.assertRaises(Interrupt):
                optimize.train(broken, schedule, self.text(), Path(folder) / "b.pt", interrupt)
            resumed = self.small_model(seed=2)
            lines = []
            optimize.train(resumed, schedule, self.text(), Path(folder) / "b.pt", lines.append)
        self.assertIn("step 5 ", lines[0])  # step 5 was done, but not yet in the checkpoint
        for name, tensor in straight.state_dict().items():
            self.assertTrue(torch.equal(tensor, resumed.state_dict()[name]), name)

    def test_a_window_without_context_scores_like_chance(self):
        model = self.small_model()
        for parameter in model.parameters():
            parameter.data.zero_()
        self.assertAlmostEqual(evaluation.perplexity(model, self.text(), 9), 256, places=2)


class Program(unittest.TestCase):
    OPTIONS = ("--no-setup", "--threads", "1", "--layers", "1", "--heads", "1", "--context", "72", "--window", "70",
               "--batch", "2", "--softmax-steps", "3", "--linear-steps", "3", "--cubic-steps", "3")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "text").write_bytes(UNSEEN * 3)

    def run_train(self, *options):
        text = self.folder / "text"
        return subprocess.run([ROOT / "scripts/train", *self.OPTIONS, "--text", text, "--held-out", text,
                               "--work", self.folder / "work", "--out", self.folder / "out", *options],
                              capture_output=True, text=True)

    def test_makes_every_model_and_measures_the_same_again(self):
        done = self.run_train()
        self.assertEqual(done.returncode, 0, done.stderr)
        table = json.loads((self.folder / "out/perplexity.json").read_text())
        self.assertEqual([row["model"] for row in table["models"]], list(STAGES))
        self.assertIn("--seed 1", table["command"])
        self.assertEqual({path.name for path in (self.folder / "out").iterdir()},
                         {"perplexity.json", "softmax.safetensors", "linear.safetensors", "cubic.safetensors",
                          "held-out.txt", "samples.txt", *(f"{stage}.json" for stage in STAGES)})
        for row in table["models"]:
            found = subprocess.run([GCA, "eval", "--model", self.folder / f"out/{row['model']}.json", "--text",
                                    self.folder / "out/held-out.txt", "--json"], check=True, capture_output=True)
            self.assertAlmostEqual(json.loads(found.stdout)["perplexity"] / row["perplexity"], 1, delta=2e-3)
        again = self.run_train("--table")
        self.assertEqual(again.returncode, 0, again.stderr)
        for row in table["models"]:
            self.assertRegex(again.stdout, rf"{row['model']} +perplexity +{row['perplexity']:.3f} ")
        scalers = [json.loads((self.folder / f"out/{stage}.json").read_text())["gca"]["scalers"]
                   for stage in ("linear", "cubic-unadapted", "cubic-adapted")]
        self.assertEqual(scalers[0], scalers[1])
        self.assertNotEqual(scalers[1], scalers[2])

    def test_a_broken_file_is_refused(self):
        torch.manual_seed(1)
        files.write_weights(self.folder / "softmax.safetensors", transformer.Transformer(SMALL))
        files.write_model(self.folder / "softmax.json", transformer.Transformer(SMALL), "softmax.safetensors", {})
        files.read_model(self.folder / "softmax.json")
        data = (self.folder / "softmax.safetensors").read_bytes()
        for size in (3, 100, len(data) - 100):
            (self.folder / "softmax.safetensors").write_bytes(data[:size])
            with self.assertRaises(UsageError):
                files.read_model(self.folder / "softmax.json")

    def test_goes_on_only_with_the_same_options(self):
        self.assertEqual(self.run_train().returncode, 0)
        done = self.run_train("--cubic-steps", "5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("linear: step", done.stdout)
        for file in ("cubic", "perplexity"):
            made = json.loads((self.folder / f"out/{file}.json").read_text())
            made = made["gca"]["trained"] if "gca" in made else made
            self.assertEqual(made["steps"]["linear"], [{"from": 0, "of": 3}])
            self.assertEqual(made["steps"]["cubic"], [{"from": 0, "of": 3}, {"from": 3, "of": 5}])
        done = self.run_train("--seed", "2")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        self.assertRegex(done.stderr, "--seed is 2, but the work in .* was begun with 1")

    def test_refuses_damaged_work(self):
        (self.folder / "work").mkdir()
        for name in ("softmax.pt", "settings.json"):
            (self.folder / "work" / name).write_bytes(b"[1")
            done = self.run_train()
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
            self.assertIn(name, done.stderr)

    def test_refuses_with_one_line(self):
        for options, words in ((("--window", "0"), "--window is 0: must be a whole number from 1 to 1024"),
                               (("--window", "73"), "--window is 73: must be at most --context, 72"),
                               (("--heads", "two"), "--heads is two: must be a whole number from 1 to 64"),
                               (("--context", "2000"), "bytes: must be more than --context, 2000"),
                               (("--text", "/no/such"), "/no/such: No such file"),
                               (("--stage", "1"), "unrecognized arguments: --stage 1"),
                               (("--table",), "softmax.json: No such file")):
            with self.subTest(options=options):
                done = self.run_train(*options)
                self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
                self.assertIn(words, done.stderr)
                self.assertFalse((self.folder / "out").exists())


class ShippedModel(unittest.TestCase):
    def test_every_stage_is_as_good_for_the_program(self):
        text = np.frombuffer((SHIPPED / "held-out.txt").read_bytes(), np.uint8)
        for stage in STAGES:
            done = subprocess.run([GCA, "eval", "--model", SHIPPED / f"{stage}.json", "--text", SHIPPED / "held-out.txt",
                                   "--limit", "1024", "--json"], check=True, capture_output=True)
            mine = evaluation.perplexity(files.read_model(SHIPPED / f"{stage}.json"), text, 4)
            self.assertAlmostEqual(mine / json.loads(done.stdout)["perplexity"], 1, delta=1e-3, msg=stage)

    def test_the_texts_are_what_training_read(self):
        text, held_out = corpus.load(corpus.TRAINING).tobytes(), corpus.load(corpus.HELD_OUT).tobytes()
        self.assertTrue(held_out.startswith((SHIPPED / "held-out.txt").read_bytes()))
        samples = (SHIPPED / "samples.txt").read_bytes()
        self.assertEqual(len(samples), 16 * 256)
        for first in range(0, len(samples), 256):
            self.assertIn(samples[first:first + 256], text)


class Corpus(unittest.TestCase):
    def test_lines_become_paragraphs(self):
        self.assertEqual(corpus.paragraphs(["CHAPTER I", "", "", "It _was_  so,", "he said.", "", "Caf\u00e9", ""]),
                         "CHAPTER I\nIt was so, he said.\nCafe\n")

    def test_the_editors_note_goes(self):
        self.assertEqual(corpus.paragraphs(["The end.", "", "A NOTE ON THE TEXT", "", "First published"]), "The end.\n")


if __name__ == "__main__":
    GCA = sys.argv.pop(1)
    torch.set_num_threads(1)
    unittest.main()
