#!/usr/bin/python3
"""gca generate, eval, adapt and tokenize as a user calls them: output, messages, exit codes.

    tests/language/program_test.py GCA [unittest's options]
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "language"
MODEL = str(DATA / "tiny.json")
GCA = ""


def run(*arguments):
    return subprocess.run([GCA, *map(str, arguments)], capture_output=True, timeout=60, check=False)


class LanguageProgram(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gca_language_")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.text = self.folder / "text.txt"
        self.text.write_text("The head takes a token every 65 cycles. " * 20)

    def refused(self, part, *arguments):
        result = run(*arguments)
        message = result.stderr.decode()
        self.assertEqual(result.returncode, 2, message)
        self.assertEqual(result.stdout, b"")
        self.assertEqual(message.count("\n"), 1, message)
        self.assertIn(part, message)

    def test_generate_writes_the_text_and_then_the_figures(self):
        command = ("generate", "--model", MODEL, "--prompt", "the head", "--tokens", 30, "--seed", 4)
        functional = run(*command, "--engine", "functional")
        self.assertEqual(functional.returncode, 0, functional.stderr)
        self.assertTrue(functional.stdout.startswith(b"the head"))
        self.assertIn(b"30 written", functional.stderr)
        rtl = run(*command, "--threads", 1)
        self.assertIn(b"hardware, rtl, linear cell", rtl.stderr)
        self.assertEqual(rtl.stdout, functional.stdout)
        self.assertIn(b"130 ns a token: 2 layers one after the other", rtl.stderr)
        self.assertNotEqual(run(*command[:-1], 5).stdout, functional.stdout)

    def test_eval_by_engine(self):
        figures = {}
        for engine in ("softmax", "functional", "rtl"):
            result = run("eval", "--model", MODEL, "--text", self.text, "--engine", engine, "--limit", 150, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            figures[engine] = json.loads(result.stdout)
            self.assertEqual(figures[engine]["engine"], engine)
            self.assertEqual(figures[engine]["tokens"], 146)  # 150 in stretches of 48
        self.assertEqual(figures["rtl"]["nats"], figures["functional"]["nats"])
        self.assertNotEqual(figures["softmax"]["nats"], figures["functional"]["nats"])
        nats = figures["rtl"]["nats"] / 146
        self.assertAlmostEqual(figures["rtl"]["perplexity"], np.exp(nats))
        result = run("eval", "--model", MODEL, "--text", self.text)
        self.assertIn(b"bits a byte", result.stdout)

    def test_logits_of_given_tokens(self):
        expected = np.load(DATA / "tiny-logits.npz")
        np.savez(self.folder / "tokens.npz", tokens=expected["tokens"])
        result = run("eval", "--model", MODEL, "--engine", "softmax", "--tokens", self.folder / "tokens.npz", "--logits",
                     self.folder / "logits.npz")
        self.assertEqual(result.returncode, 0, result.stderr)
        got = np.load(self.folder / "logits.npz")["logits"]
        self.assertLess(np.abs(got - expected["f32"]).max(), 1e-4)

    def test_projections_are_a_runs_input(self):
        projections, config, result = (self.folder / name for name in ("p.npz", "c.toml", "r.npz"))
        self.assertEqual(run("eval", "--model", MODEL, "--text", self.text, "--limit", 40, "--projections",
                             projections).returncode, 0)
        arrays = np.load(projections)
        for name, full_scale in (("q", 1.0), ("k", np.float32(0.9)), ("v", np.float32(0.9))):
            self.assertEqual(arrays[name].shape, (4, 40, 8))
            self.assertTrue((arrays[name] >= 0).all() and (arrays[name] <= full_scale).all())
            self.assertGreater(arrays[name].std(axis=(1, 2)).min(), 0)
        # The second layer sees what the first layer's heads gave, so another cell changes it and not the first.
        other = self.folder / "other.npz"
        run("eval", "--model", MODEL, "--text", self.text, "--limit", 40, "--set", "cell.model=cubic", "--projections", other)
        same = [np.array_equal(arrays["q"][head], np.load(other)["q"][head]) for head in range(4)]
        self.assertEqual(same, [True, True, False, False])
        config.write_text("[geometry]\ndim = 8\ntile_tokens = 8\ntiles = 2\n[cell]\nmodel = \"linear\"\n")
        done = run("run", "--config", config, "--input", projections, "--window", 16, "--check", "always", "--output", result)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"0 of 1280 outputs differ", done.stdout)
        self.refused("--projections: the model's attention is softmax", "eval", "--model", MODEL, "--text", self.text,
                     "--limit", 40, "--engine", "softmax", "--projections", other)
        self.refused("--projections: 560 tokens: must be at most 48", "eval", "--model", MODEL, "--text", self.text,
                     "--projections", other)

    def test_eval_of_a_task(self):
        task = self.folder / "task.jsonl"
        task.write_text('{"context": "The head takes", "choices": [" a token", " nothing"], "answer": 0}\n'
                        '{"context": "The head takes", "choices": [" a token", " nothing"], "answer": 1}\n'
                        '{"text": "the last word"}\n')
        result = run("eval", "--model", MODEL, "--task", task, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        score = json.loads(result.stdout)
        self.assertEqual((score["questions"], score["right"], score["chance"], score["words"]), (2, 1, 1.0, 1))
        self.assertIn(b"1 of 2 (50.00 %) by likelihood\n", run("eval", "--model", MODEL, "--task", task).stdout)
        task.write_text("{}\n")
        self.refused("task.jsonl:1: must be", "eval", "--model", MODEL, "--task", task)

    def test_adapt_writes_a_model(self):
        adapted = self.folder / "cubic.json"
        result = run("adapt", "--model", MODEL, "--text", self.text, "--set", "cell.model=cubic", "--output", adapted)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"linear cell to cubic cell", result.stdout)
        self.assertIn(b"\nconverged after", result.stdout)
        document = json.loads(adapted.read_text())
        self.assertEqual(document["gca"]["head"]["cell"]["model"], "cubic")
        self.assertNotEqual(document["gca"]["scalers"], json.loads((DATA / "tiny.json").read_text())["gca"]["scalers"])
        result = run("eval", "--model", adapted, "--text", self.text, "--engine", "rtl")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"cubic cell", result.stdout)
        self.assertIn(b"bits a byte", result.stdout)

    def test_tokenize(self):
        cases = json.loads((DATA / "tokenizer_cases.json").read_text())
        for case in cases:
            self.text.write_bytes(case["text"].encode())
            result = run("tokenize", "--tokenizer", DATA, "--text", self.text)
            self.assertEqual([int(word) for word in result.stdout.split()], case["ids"], case["text"])

    def test_bad_input_is_one_line(self):
        generate = ("generate", "--model", MODEL, "--prompt")
        self.refused("--prompt is empty", *generate, "")
        self.refused("none.json: is no file", "generate", "--model", self.folder / "none.json", "--prompt", "a")
        self.refused("--tokens is 0: must be a whole number from 1", *generate, "a", "--tokens", 0)
        self.refused("--temperature is -1", *generate, "a", "--temperature", -1)
        self.refused("--engine is reference: must be functional|rtl|softmax", *generate, "a", "--engine", "reference")
        self.refused("--set is window", *generate, "a", "--set", "window")
        self.refused("byte 1 begins no UTF-8 character", *generate, os.fsdecode(b"a\xff"))
        self.refused("is no file that can be read", "eval", "--model", MODEL, "--text", self.folder / "none")
        self.refused("--text is missing", "eval", "--model", MODEL)
        self.refused("has 0 tokens: must be at least 2", "eval", "--model", MODEL, "--tokens", self.tokens([]))
        self.refused("token 1 is 320: must be below 320", "eval", "--model", MODEL, "--tokens", self.tokens([1, 320]))
        self.refused("must be whole numbers of at least 0", "eval", "--model", MODEL, "--tokens", self.tokens([-1, 2]))
        self.refused("--stride is 49: must be 1 to 48", "eval", "--model", MODEL, "--text", self.text, "--stride", 49)
        self.refused("must be at most 48, one sequence", "eval", "--model", MODEL, "--text", self.text, "--logits",
                     self.folder / "l.npz")
        self.refused("is a directory", "adapt", "--model", MODEL, "--text", self.text, "--output", self.folder)

    def test_a_model_without_scalers_has_softmax_only(self):
        document = json.loads((DATA / "tiny.json").read_text())
        document["gca"] = {"weights": str(DATA / "tiny-f32.safetensors"), "tokenizer": str(DATA)}
        plain = self.folder / "plain.json"
        plain.write_text(json.dumps(document))
        self.assertEqual(run("generate", "--model", plain, "--prompt", "a").returncode, 0)
        self.refused("has no gca.scalers, which hardware attention needs", "generate", "--model", plain, "--prompt", "a",
                     "--engine", "rtl")
        self.refused("has no gca.scalers", "adapt", "--model", plain, "--text", self.text, "--output",
                     self.folder / "o.json")

    def tokens(self, ids):
        np.savez(self.folder / "ids.npz", tokens=np.array(ids, dtype=np.int32))
        return self.folder / "ids.npz"


if __name__ == "__main__":
    GCA = os.path.abspath(sys.argv.pop(1))
    unittest.main()
