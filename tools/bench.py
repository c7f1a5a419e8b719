"""Time the course beside other libraries and the machine's limits.

    python tools/bench.py                    everything: some minutes on two idle cores
    python tools/bench.py loader tokenizer   only these parts

Who is compared takes turns, one step or text each, and every rate is divided by the
reference's of the same round: a busy moment hits all alike. The first round warms up
and does not count. Everybody starts from the same weights, gets the same batches, and
must reach the same loss. Results: a table, outputs/bench.csv and outputs/bench.png.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
SIZES = {    # name: (vocabulary, width, heads, layers, tied), windows, tokens of each
    "124M": ((50257, 768, 12, 12, True), 2, 256),
    "4 x 128": ((50257, 128, 4, 4, True), 16, 128),
    "mini": ((2048, 192, 6, 2, False), 4, 224)}
WAYS = ("transformers", "plain", "fast float32", "fast bfloat16")
FIELDS = ("part", "case", "who", "value", "unit", "ratio", "lowest", "highest", "loss",
          "memory_gb", "share_of_ceiling")


def course(notebook: str) -> dict:
    """All names that a notebook and its predecessors define."""
    from IPython.core.interactiveshell import InteractiveShell
    os.chdir(ROOT / "notebooks")
    shell = InteractiveShell.instance()
    shell.run_line_magic("run", notebook)
    return shell.user_ns


def peak_memory() -> int:
    """The most bytes this process has held; what its parent held does not count."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return 1024 * int(next(x for x in lines if x.startswith("VmHWM")).split()[1])
    memory = psutil.Process().memory_info()
    return getattr(memory, "peak_wset", memory.rss)    # Windows; else as it is


def compare(rates: dict[str, list[float]], reference: str) -> dict[str, tuple]:
    """Median rate, then median, lowest and highest ratio to the reference's."""
    rows = {}
    for who, values in rates.items():
        ratios = [a / b for a, b in zip(values, rates[reference], strict=True)]
        rows[who] = (statistics.median(values), statistics.median(ratios), min(ratios),
                     max(ratios))
    return rows


def take_turns(jobs: dict, work: float, rounds: int) -> dict[str, list[float]]:
    """Work per second of each job in each round but the first; a job is a function."""
    rates = {who: [] for who in jobs}
    for number in range(rounds + 1):
        for who, job in jobs.items():
            start = time.perf_counter()
            job()
            if number:
                rates[who].append(work / (time.perf_counter() - start))
    return rates


def row(part, case, who, measured, unit, **more) -> dict:
    """One line of the table; `measured` is what `compare` gives for one of them."""
    numbers = dict(zip(("value", "ratio", "lowest", "highest"), measured, strict=True))
    return {"part": part, "case": case, "who": who, "unit": unit} | numbers | more


# Training: one process for each way, because kept memory is a matter of the process.

def worker(size: str, way: str):
    """Make one step for each line of input; answer with seconds, loss and memory."""
    ns = course("C_decoding.ipynb" if way == "transformers" else "G_speed.ipynb")
    torch, (sizes, B, T) = ns["torch"], SIZES[size]
    names = ("vocab_size", "emb_dim", "n_heads", "n_layers", "tie_weights")
    torch.manual_seed(0)
    shape = dict(zip(names, sizes, strict=True))
    model = ns["GPTModel"](ns["GPTConfig"](context_length=T, **shape))
    ids = torch.randint(sizes[0], (100, B, T + 1),
                        generator=torch.Generator().manual_seed(1))
    if way == "transformers":
        step = their_step(ns, model)
    else:
        kind = {"plain": "PLAIN", "fast float32": "FUSED", "fast bfloat16": "PRODUCTS"}
        kind = ns[kind[way]]
        ns["set_keeping"](way != "plain")
        optimizer = kind.optimizer(model.train())

        def step(inputs, targets):
            return kind.step(model, optimizer, inputs, targets)
    before = peak_memory()
    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters())}),
          flush=True)
    for number, _ in enumerate(sys.stdin):
        batch = ids[number % len(ids)]
        start = time.perf_counter()
        loss = step(batch[:, :-1].contiguous(), batch[:, 1:].contiguous())
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "loss": loss,
                          "memory": peak_memory() - before}), flush=True)


def their_step(ns: dict, model):
    """A training step of transformers' GPT-2, as shipped, with the model's weights."""
    torch, twin = ns["torch"], ns["as_transformers"](model).train()
    for module in twin.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0                                 # as ours: equal work
    ours, theirs = (sum(p.numel() for p in m.parameters()) for m in (model, twin))
    assert ours == theirs, f"{theirs:,} parameters, ours has {ours:,}"
    optimizer = torch.optim.AdamW(twin.parameters(), lr=1e-3, betas=(0.9, 0.95),
                                  weight_decay=0.1)

    def step(inputs, targets):
        optimizer.zero_grad()
        loss = twin(inputs, labels=targets, shift_labels=targets).loss
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def training(ns: dict, ceiling: dict, rounds: int) -> list[dict]:
    """Tokens per second of a whole step, for each size and way."""
    return [r for size in SIZES for r in train_size(ns, ceiling, size, rounds)]


def train_size(ns: dict, ceiling: dict, size: str, rounds: int) -> list[dict]:
    """One size: all ways in turn."""
    (V, D, H, L, _), B, T = SIZES[size]
    work = ns["step_flops"](ns["GPTConfig"](V, T, D, H, L), B, T)
    workers = {way: subprocess.Popen(
        [sys.executable, str(Path(__file__)), "--worker", size, way], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE) for way in WAYS}
    try:
        counts = {json.loads(process.stdout.readline())["parameters"]
                  for process in workers.values()}
        assert len(counts) == 1, f"different models: {counts} parameters"
        answers = {way: [] for way in WAYS}
        steps = 1 if V > 50_000 else 10                    # a turn of about a second
        for _ in range((rounds + 1) * steps):
            for way, process in workers.items():
                process.stdin.write("\n")
                process.stdin.flush()
                answers[way].append(json.loads(process.stdout.readline()))
    finally:
        for process in workers.values():
            process.kill()
    last = {way: answer[-1]["loss"] for way, answer in answers.items()}
    assert max(last.values()) - min(last.values()) < 0.05, f"unequal losses: {last}"
    measured = compare({way: [B * T / a["seconds"] for a in answer[steps:]]
                        for way, answer in answers.items()}, "transformers")
    return [row("training", size, way, m, "tokens/s", loss=last[way],
                memory_gb=answers[way][-1]["memory"] / 1e9,
                share_of_ceiling=m[0] / (B * T) * work / ceiling["bfloat16" in way])
            for way, m in measured.items()]


def generation(ns: dict, rounds: int) -> list[dict]:
    """Greedy text at 124M, batch 1, our cache and theirs; the tokens must be equal."""
    torch = ns["torch"]
    torch.manual_seed(0)
    model = ns["GPTModel"](ns["replace"](ns["GPT_CONFIG_124M"], init_std=0.06)).eval()
    twin, out, rows = ns["as_transformers"](model), {}, []
    text = torch.randint(50257, (1, 600), generator=torch.Generator().manual_seed(0))

    def theirs():
        out["transformers"] = twin.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=32,
            do_sample=False, pad_token_id=0, eos_token_id=None)

    def ours():
        with ns["use_row_kernels"]():
            out["ours"] = ns["decode"](ns["Cached"](model), ids, 32)

    for prompt in (16, 128, 512):
        ids = text[:, :prompt]
        rates = take_turns({"transformers": theirs, "ours": ours}, 32, rounds)
        measured = compare(rates, "transformers")
        assert torch.equal(out["ours"], out["transformers"]), "other tokens"
        rows += [row("generation", f"124M, prompt {prompt}", who, m, "tokens/s")
                 for who, m in measured.items()]
    return rows


def tokenizer(ns: dict, rounds: int) -> list[dict]:
    """Training BPE on up to 1 MB, and encoding it with GPT-2's merges, in MB/s."""
    import tiktoken
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    stories = ns["write_stories"](1600, seed=1)
    text = "\n".join(tale.text for tale in stories)[:1_000_000]
    pieces = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rows = []

    def rust():
        theirs = Tokenizer(models.BPE())
        theirs.pre_tokenizer = pieces
        theirs.train_from_iterator([part], trainers.BpeTrainer(
            vocab_size=2000, show_progress=False, initial_alphabet=pieces.alphabet()))

    for size in (250_000, 500_000, 1_000_000):
        part = text[:size]
        jobs = {"tokenizers (Rust)": rust,
                "ours": lambda: ns["BPETokenizer"]().train(part, 2001)}  # noqa: B023
        measured = compare(take_turns(jobs, size / 1e6, rounds), "tokenizers (Rust)")
        rows += [row("train BPE", f"{size / 1e6} MB", who, m, "MB/s")
                 for who, m in measured.items()]
    fast = tiktoken.get_encoding("gpt2")
    ranks = {fast.decode_single_token_bytes(i): i for i in range(50256)}
    jobs = {"tiktoken": lambda: fast.encode_ordinary(text),
            "ours": lambda: ns["BPETokenizer"](ranks).encode(text)}
    assert jobs["ours"]() == jobs["tiktoken"]()
    measured = compare(take_turns(jobs, len(text) / 1e6, rounds), "tiktoken")
    return rows + [row("encode", "1.0 MB", who, m, "MB/s")
                   for who, m in measured.items()]


def loader(ns: dict, rounds: int) -> list[dict]:
    """Batches of the default run: drawing one, beside a fast training step with it."""
    torch, profile = ns["torch"], ns["PROFILES"]["mini"]
    ids = torch.randint(profile.model.vocab_size, (500_000,))
    batches = ns["Batches"](ns["create_dataloader"](ids, profile.batch_size,
                                                    profile.window, seed=0))
    way, model = ns["PRODUCTS"], ns["GPTModel"](profile.model).train()
    ns["keep_memory"]()
    optimizer, batch = way.optimizer(model), next(batches)
    jobs = {"training step": lambda: way.step(model, optimizer, *batch),
            "ours": lambda: next(batches)}
    measured = compare(take_turns(jobs, 1, 20 * rounds), "training step")
    return [row("loader", "mini", who, m, "batches/s") for who, m in measured.items()]


def report(rows: list[dict]):
    """Print the table, write outputs/bench.csv, draw outputs/bench.png."""
    print(f"{'part':11}{'case':18}{'who':19}{'rate':>11} {'unit':10}{'ratio':>7}"
          "  (lowest to highest)  loss   memory  of ceiling")
    for r in rows:
        extra = ""
        if "loss" in r:
            extra = (f"{r['loss']:7.3f} {r['memory_gb']:5.2f} GB "
                     f"{r['share_of_ceiling']:8.0%}")
        print(f"{r['part']:11}{r['case']:18}{r['who']:19}{r['value']:11,.1f} "
              f"{r['unit']:10}{r['ratio']:7.2f}  ({r['lowest']:.2f} to "
              f"{r['highest']:.2f})".ljust(90) + extra)
    path = ROOT / "outputs" / "bench.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows({k: f"{v:.4g}" if isinstance(v, float) else v
                          for k, v in r.items()} for r in rows)
    draw([r for r in rows if r["part"] in ("training", "generation")])


def draw(rows: list[dict]):
    """Bars of speed over transformers', with their spread."""
    import matplotlib
    matplotlib.use("agg")
    from matplotlib import pyplot as plt
    rows = [r for r in rows if r["who"] != "transformers"]
    if not rows:
        return
    fig, ax = plt.subplots(figsize=(7, 0.3 * len(rows) + 1))
    colors = {"plain": "#999999", "fast bfloat16": "#D55E00"}
    for y, r in enumerate(rows):
        ax.barh(y, r["ratio"], color=colors.get(r["who"], "#0072B2"),
                xerr=[[r["ratio"] - r["lowest"]], [r["highest"] - r["ratio"]]])
    ax.set(yticks=range(len(rows)), title="Speed beside transformers, as shipped",
           yticklabels=[f"{r['part']}, {r['case']}: {r['who']}" for r in rows],
           xlabel="times transformers (median of rounds, and their range)")
    ax.axvline(1, color="k", lw=1)
    ax.invert_yaxis()
    fig.savefig(ROOT / "outputs" / "bench.png", dpi=150, bbox_inches="tight")


def main() -> int:
    parts = ("training", "generation", "tokenizer", "loader")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=", ".join(parts) + " (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="that count (default 5)")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    os.environ.setdefault("DEVICE", "cpu")
    if args.worker:
        worker(*args.worker)
        return 0
    if unknown := {*args.parts} - {*parts}:
        parser.error(f"no part {', '.join(sorted(unknown))}: choose from "
                     + ", ".join(parts))
    ns = course("G_speed.ipynb")
    torch = ns["torch"]
    ceiling = [ns["product_rate"](dtype) for dtype in (torch.float32, torch.bfloat16)]
    copy, fill = ns["memory_rates"]()
    print(f"{torch.get_num_threads()} threads; products: float32 "
          f"{ceiling[0] / 1e9:.0f}, bfloat16 {ceiling[1] / 1e9:.0f} GFLOP/s; copying "
          f"{copy / 1e9:.0f} GB/s, "
          f"filling new memory {fill / 1e9:.1f} GB/s", flush=True)
    rows = []
    for part in parts:
        if args.parts and part not in args.parts:
            continue
        print(f"timing: {part}", file=sys.stderr, flush=True)
        if part == "training":
            rows += training(ns, ceiling, args.rounds)
        else:
            names = course("C_decoding.ipynb") if part == "generation" else ns
            rows += globals()[part](names, args.rounds)
    report(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
