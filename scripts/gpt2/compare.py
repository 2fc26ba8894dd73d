"""What scripts/compare_gpt2 does, with torch, transformers and tokenizers at hand."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import safetensors.torch
import tokenizers
import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "language"
TOLERANCE = 1e-4
SHAPES = {
    "tiny": {"n_layer": 2, "n_head": 2, "n_embd": 16, "n_positions": 48, "vocab_size": 320, "initializer_range": 0.25},
    "gpt2": {"n_layer": 12, "n_head": 12, "n_embd": 768, "n_positions": 1024, "vocab_size": 50257},
}
# Contractions, digits, runs of spaces, other scripts and spaces, marks, controls, bytes that are no letters.
TEXTS = [
    "In the beginning God created the heaven and the earth.",
    " leading and  double   spaces \t tabs\n\nand lines \r\n end  ",
    "I'll, you've, he's, we're, I'm, they'd, can't; I'LL 'tis ''s 's",
    "3.14159 and 1,000,000; x2y3 a1 1a \u00bd \u0664\u0665 \u2167",
    "na\u00efve caf\u00e9 \u00fcber \u0395\u03bb\u03bb\u03ac\u03b4\u03b1 \u0420\u043e\u0441\u0441\u0438\u044f \u65e5\u672c\u8a9e \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "e\u0301 combining, \U0001f600\U0001f1e9\U0001f1ea emoji, \u2014 dash \u2026",
    "no\u00a0break\u2003em\u2009thin\u3000wide\u0085next\u180evowel\u200bzero\u2028line",
    "\u0000\u0001\u001f\u001c\u007f control",
    "!!! ??? ... (parentheses) [brackets] {braces} <|endoftext|>",
    "",
    " ",
    "\n",
]


def random_model(shape, seed):
    """A GPT-2 whose weights, biases and norms are all random, so that each one matters."""
    torch.manual_seed(seed)
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**SHAPES[shape], bos_token_id=None, eos_token_id=None))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def random_tokens(shape, count, seed):
    return np.random.default_rng(seed).integers(0, SHAPES[shape]["vocab_size"], count)


def logits_of(model, tokens):
    with torch.no_grad():
        return model(torch.tensor(np.array([tokens]))).logits[0].numpy()


def train_tokenizer(files, size):
    tokenizer = tokenizers.ByteLevelBPETokenizer()
    tokenizer.train([str(file) for file in files], vocab_size=size, special_tokens=["<|endoftext|>"], show_progress=False)
    return tokenizer


def plain_ids(tokenizer, text):
    """Without special tokens: in gca a text is a text."""
    pieces = text.split("<|endoftext|>")
    assert len(pieces) == 1 or pieces == ["!!! ??? ... (parentheses) [brackets] {braces} ", ""]
    plain = tokenizers.ByteLevelBPETokenizer.from_file(*tokenizer)
    return plain.encode(text).ids


def write_fixtures(arguments):
    DATA.mkdir(parents=True, exist_ok=True)
    model = random_model("tiny", arguments.seed)
    tokens = random_tokens("tiny", 40, arguments.seed)
    expected = {"tokens": tokens.astype(np.int32)}
    with tempfile.TemporaryDirectory() as folder:
        for name, dtype in (("f32", torch.float32), ("f16", torch.float16), ("bf16", torch.bfloat16)):
            rounded = model.to(dtype)
            rounded.save_pretrained(folder)
            shutil.copy(f"{folder}/model.safetensors", DATA / f"tiny-{name}.safetensors")
            expected[name] = logits_of(rounded.float(), tokens).astype(np.float32)
            model = random_model("tiny", arguments.seed)
    # The published file's names have no prefix, and it has mask buffers.
    bare = {name.removeprefix("transformer."): value for name, value in model.state_dict().items() if name != "lm_head.weight"}
    for layer in range(SHAPES["tiny"]["n_layer"]):
        bare[f"h.{layer}.attn.bias"] = torch.ones(1, 1, 48, 48, dtype=torch.uint8).tril()
    safetensors.torch.save_file(bare, DATA / "tiny-bare.safetensors")
    np.savez_compressed(DATA / "tiny-logits.npz", **expected)
    # Hardware attention of random projections: scalers that spread them over the hardware's ranges.
    ones = np.ones((2, 2))
    gca = {
        "weights": "tiny-f32.safetensors",
        "attention": "hardware",
        "window": 16,
        "head": {"geometry": {"dim": 8, "tile_tokens": 8, "tiles": 2}, "cell": {"model": "linear"},
                 "charge_to_pulse": {"s_sat": 10.0, "a_sat": 5.0}},
        "scalers": {f"{stage}_{part}": (value * ones).tolist() for stage, a, b in
                    (("q", 2.0, 0.5), ("k", 1.5, 0.45), ("v", 1.5, 0.45), ("output", 1.0, 0.0))
                    for part, value in (("a", a), ("b", b))},
    }
    sizes = {key: SHAPES["tiny"][key] for key in SHAPES["tiny"] if key != "initializer_range"}
    config = {"model_type": "gpt2", **sizes, "activation_function": "gelu_new", "gca": gca}
    (DATA / "tiny.json").write_text(json.dumps(config, indent=1) + "\n")
    tokenizer = train_tokenizer([ROOT / "README.md", ROOT / "LICENSE"], SHAPES["tiny"]["vocab_size"])
    tokenizer.save_model(str(DATA))
    files = (str(DATA / "vocab.json"), str(DATA / "merges.txt"))
    cases = [{"text": text, "ids": plain_ids(files, text)} for text in TEXTS]
    (DATA / "tokenizer_cases.json").write_text(json.dumps(cases) + "\n")
    print(f"wrote {DATA.relative_to(ROOT)}")


def run_gca(arguments, *options):
    command = [arguments.gca, *map(str, options)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"compare_gpt2: {' '.join(command)} failed:\n{result.stderr}")
    return result.stdout


def compare_logits(arguments):
    shape = arguments.shape
    model = random_model(shape, arguments.seed)
    tokens = random_tokens(shape, min(SHAPES[shape]["n_positions"], 256), arguments.seed)
    expected = logits_of(model, tokens)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        np.savez(f"{folder}/tokens.npz", tokens=tokens.astype(np.int32))
        run_gca(arguments, "eval", "--model", folder, "--tokens", f"{folder}/tokens.npz", "--logits", f"{folder}/logits.npz",
                "--threads", arguments.threads)
        got = np.load(f"{folder}/logits.npz")["logits"]
    difference = float(np.abs(got - expected).max())
    print(f"{shape}: {expected.size} logits of {len(tokens)} tokens, largest {np.abs(expected).max():.3f}; "
          f"largest difference {difference:.3g}")
    return 0 if got.shape == expected.shape and difference <= TOLERANCE else 1


def compare_tokenizer(arguments):
    tokenizer = train_tokenizer(arguments.files, 5000)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_model(folder)
        files = (f"{folder}/vocab.json", f"{folder}/merges.txt")
        for file in arguments.files:
            expected = plain_ids(files, pathlib.Path(file).read_text(encoding="utf-8", newline=""))
            got = [int(word) for word in run_gca(arguments, "tokenize", "--tokenizer", folder, "--text", file).split()]
            same = got == expected
            wrong += not same
            print(f"{file}: {len(expected)} tokens, {'equal' if same else 'different'}")
    return min(wrong, 1)


def compare_speed(arguments):
    torch.set_num_threads(arguments.threads)
    model = random_model("gpt2", arguments.seed)
    tokens = torch.tensor(np.array([random_tokens("gpt2", 64, arguments.seed)]))
    steps = 32
    best = 1e9
    with torch.no_grad():
        for _ in range(arguments.repeats):
            cache = model(tokens, use_cache=True).past_key_values
            last = tokens[:, -1:]
            start = time.perf_counter()
            for _ in range(steps):
                step = model(last, past_key_values=cache, use_cache=True)
                cache = step.past_key_values
                last = step.logits[:, -1:].argmax(-1)
            best = min(best, (time.perf_counter() - start) / steps)
    del model
    print(f"torch {torch.__version__}: {1e3 * best:.1f} ms a token, the best of {arguments.repeats}")
    bench = ("bench", "--gpt2", "--threads", arguments.threads, "--repeats", arguments.repeats, "--json")
    own = min(json.loads(run_gca(arguments, *bench))["decode_s"])
    print(f"gca: {1e3 * own:.1f} ms a token, the best of {arguments.repeats}; {arguments.threads} threads")
    return 0 if own <= best else 1


def main():
    parser = argparse.ArgumentParser(prog="compare_gpt2", description="Compares gca with transformers and tokenizers.")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--gca", default=str(ROOT / "build" / "gca"))
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("logits").add_argument("--shape", choices=SHAPES, default="gpt2")
    commands.add_parser("tokenizer").add_argument("files", nargs="+")
    commands.add_parser("speed")
    commands.add_parser("fixtures")
    arguments = parser.parse_args()
    act = {"logits": compare_logits, "tokenizer": compare_tokenizer, "speed": compare_speed, "fixtures": write_fixtures}
    return act[arguments.command](arguments)


if __name__ == "__main__":
    sys.exit(main())
