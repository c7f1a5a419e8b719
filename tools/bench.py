"""Time the course beside other libraries and the machine's limits.

    python -m tools.bench                    everything: some minutes on two idle cores
    python -m tools.bench loader tokenizer   only these parts

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
from contextlib import contextmanager
from pathlib import Path

import psutil

from tools.course import ROOT, definitions

SIZES = {    # name: (vocabulary, width, heads, layers, tied), windows, tokens of each
    "124M": ((50257, 768, 12, 12, True), 2, 256),
    "4 x 128": ((50257, 128, 4, 4, True), 16, 128),
    "mini": ((2048, 192, 6, 2, False), 4, 224)}
RIVALS = ("transformers", "plain", "fast float32", "fast bfloat16")
COLUMNS = ("part", "case", "who", "value", "unit", "ratio", "lowest", "highest", "loss",
           "memory_gb", "share_of_ceiling")
OUTPUTS = ROOT / "outputs"


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


def rows_of(part: str, case: str, unit: str, measured: dict[str, tuple]) -> list[dict]:
    """Lines of the table, one for each of those whom `compare` has measured."""
    return [{"part": part, "case": case, "who": who, "unit": unit,
             **dict(zip(("value", "ratio", "lowest", "highest"), m, strict=True))}
            for who, m in measured.items()]


# Training: one process for each rival, because kept memory is a matter of the process.
# In what follows `speed` and `decoding` are the definitions of these two electives.

def worker(size: str, who: str):
    """Make one step for each line of input; answer with seconds, loss and memory."""
    theirs = who == "transformers"
    c = definitions("C_decoding.ipynb" if theirs else "G_speed.ipynb")
    (V, D, H, L, tied), B, T = SIZES[size]
    c.torch.manual_seed(0)
    model = c.GPTModel(c.GPTConfig(V, T, D, H, L, tie_weights=tied))
    generator = c.torch.Generator().manual_seed(1)
    ids = c.torch.randint(V, (100, B, T + 1), generator=generator)
    step = their_step(c, model) if theirs else our_step(c, model, who)
    before = peak_memory()
    print(sum(p.numel() for p in model.parameters()), flush=True)
    for number, _ in enumerate(sys.stdin):
        batch = ids[number % len(ids)]
        start = time.perf_counter()
        loss = step(batch[:, :-1].contiguous(), batch[:, 1:].contiguous())
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "loss": loss,
                          "memory": peak_memory() - before}), flush=True)


def our_step(speed, model, who: str):
    """A training step of elective G's: a function of inputs and targets."""
    variant = {"plain": speed.BASELINE, "fast float32": speed.FUSED,
               "fast bfloat16": speed.PRODUCTS}[who]
    if who != "plain":
        speed.keep_memory()
    optimizer = variant.optimizer(model.train())
    return lambda inputs, targets: variant.step(model, optimizer, inputs, targets)


def their_step(decoding, model):
    """A training step of transformers' GPT-2, as shipped, with the model's weights."""
    torch, twin = decoding.torch, decoding.as_transformers(model).train()
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


@contextmanager
def workers(size: str):
    """A running process for each rival; all models must be equally large."""
    command = [sys.executable, "-m", "tools.bench", "--worker", size]
    processes = {who: subprocess.Popen([*command, who], cwd=ROOT, text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                 for who in RIVALS}
    try:
        counts = {process.stdout.readline() for process in processes.values()}
        assert len(counts) == 1, f"different models: {counts} parameters"
        yield processes
    finally:
        for process in processes.values():
            process.kill()


def answers_in_turn(processes: dict, turns: int) -> dict[str, list[dict]]:
    """What each process says when it is told to make a step, `turns` times."""
    answers = {who: [] for who in processes}
    for _ in range(turns):
        for who, process in processes.items():
            process.stdin.write("\n")
            process.stdin.flush()
            answers[who].append(json.loads(process.stdout.readline()))
    return answers


def train_size(speed, ceiling: tuple, size: str, rounds: int) -> list[dict]:
    """One size: all rivals in turn; ceiling: operations/s in float32 and bfloat16."""
    (V, D, H, L, _), B, T = SIZES[size]
    work = speed.step_flops(speed.GPTConfig(V, T, D, H, L), B, T)
    steps = 1 if V > 50_000 else 10                        # a turn of about a second
    with workers(size) as processes:
        answers = answers_in_turn(processes, (rounds + 1) * steps)
    losses = [answer[-1]["loss"] for answer in answers.values()]
    assert max(losses) - min(losses) < 0.05, f"unequal losses: {losses}"
    measured = compare({who: [B * T / a["seconds"] for a in answer[steps:]]
                        for who, answer in answers.items()}, "transformers")
    rows = rows_of("training", size, "tokens/s", measured)
    for row in rows:
        last, rate = answers[row["who"]][-1], row["value"] / (B * T) * work
        row |= {"loss": last["loss"], "memory_gb": last["memory"] / 1e9,
                "share_of_ceiling": rate / ceiling["bfloat16" in row["who"]]}
    return rows


def training(rounds: int) -> list[dict]:
    """Tokens per second of a whole step, for each size, and the machine's limits."""
    speed = definitions("G_speed.ipynb")
    ceiling = (speed.product_rate(speed.torch.float32),
               speed.product_rate(speed.torch.bfloat16))
    copying, filling = speed.memory_rates()
    print(f"{speed.torch.get_num_threads()} threads; products: float32 "
          f"{ceiling[0] / 1e9:.0f}, bfloat16 {ceiling[1] / 1e9:.0f} GFLOP/s; copying "
          f"{copying / 1e9:.0f} GB/s, filling new memory {filling / 1e9:.1f} GB/s",
          flush=True)
    return [row for size in SIZES for row in train_size(speed, ceiling, size, rounds)]


def generation(rounds: int) -> list[dict]:
    """Greedy text at 124M, batch 1, our cache and theirs; the tokens must be equal."""
    decoding = definitions("C_decoding.ipynb")
    torch, out, rows = decoding.torch, {}, []
    torch.manual_seed(0)
    config = decoding.replace(decoding.GPT_CONFIG_124M, init_std=0.06)
    model = decoding.GPTModel(config).eval()
    twin = decoding.as_transformers(model)
    text = torch.randint(50257, (1, 600), generator=torch.Generator().manual_seed(0))
    for prompt in (16, 128, 512):
        jobs = writers(decoding, model, twin, text[:, :prompt], out)
        measured = compare(take_turns(jobs, 32, rounds), "transformers")
        assert torch.equal(out["ours"], out["transformers"]), "other tokens"
        rows += rows_of("generation", f"124M, prompt {prompt}", "tokens/s", measured)
    return rows


def writers(decoding, model, twin, ids, out: dict) -> dict:
    """Two jobs that write 32 tokens after `ids`, into `out`."""
    def theirs():
        out["transformers"] = twin.generate(
            ids, attention_mask=decoding.torch.ones_like(ids), max_new_tokens=32,
            do_sample=False, pad_token_id=0, eos_token_id=None)

    def ours():
        with decoding.use_row_kernels():
            out["ours"] = decoding.decode(decoding.CachedReader(model), ids, 32)
    return {"transformers": theirs, "ours": ours}


def tokenizer(rounds: int) -> list[dict]:
    """Training BPE on up to 1 MB, and encoding it with GPT-2's merges, in MB/s."""
    speed = definitions("G_speed.ipynb")
    stories = speed.write_stories(1600, seed=1)
    text = "\n".join(story.text for story in stories)[:1_000_000]
    rows = []
    for size in (250_000, 500_000, 1_000_000):
        rates = take_turns(bpe_trainers(speed, text[:size]), size / 1e6, rounds)
        rows += rows_of("train BPE", f"{size / 1e6} MB", "MB/s",
                        compare(rates, "tokenizers (Rust)"))
    fast = speed.tiktoken.get_encoding("gpt2")
    ours = speed.gpt2_tokenizer()
    jobs = {"tiktoken": lambda: fast.encode_ordinary(text),
            "ours": lambda: ours.encode(text)}
    assert jobs["ours"]() == jobs["tiktoken"]()
    rates = take_turns(jobs, len(text) / 1e6, rounds)
    return rows + rows_of("encode", "1.0 MB", "MB/s", compare(rates, "tiktoken"))


def bpe_trainers(speed, text: str) -> dict:
    """Two jobs that learn 2,000 tokens from a text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    pieces = pre_tokenizers.ByteLevel(add_prefix_space=False)

    def theirs():
        rust = Tokenizer(models.BPE())
        rust.pre_tokenizer = pieces
        rust.train_from_iterator([text], trainers.BpeTrainer(
            vocab_size=2000, show_progress=False, initial_alphabet=pieces.alphabet()))
    return {"tokenizers (Rust)": theirs,
            "ours": lambda: speed.BPETokenizer().train(text, 2001)}


def loader(rounds: int) -> list[dict]:
    """Batches of the default run: drawing one, beside a fast training step with it."""
    speed = definitions("G_speed.ipynb")
    profile, variant = speed.PROFILES["mini"], speed.PRODUCTS
    ids = speed.torch.randint(profile.model.vocab_size, (500_000,))
    batches = speed.Batches(speed.create_dataloader(ids, profile.batch_size,
                                                    profile.window, seed=0))
    model, batch = speed.GPTModel(profile.model).train(), next(batches)
    speed.keep_memory()
    optimizer = variant.optimizer(model)
    jobs = {"training step": lambda: variant.step(model, optimizer, *batch),
            "ours": lambda: next(batches)}
    measured = compare(take_turns(jobs, 1, 20 * rounds), "training step")
    return rows_of("loader", "mini", "batches/s", measured)


def report(rows: list[dict]):
    """Print the table, write outputs/bench.csv, draw outputs/bench.png."""
    print(f"{'part':11}{'case':18}{'who':19}{'rate':>11} {'unit':10}{'ratio':>7}"
          "  (lowest to highest)  loss   memory  of ceiling")
    for r in rows:
        extra = (f"{r['loss']:7.3f} {r['memory_gb']:5.2f} GB "
                 f"{r['share_of_ceiling']:8.0%}") if "loss" in r else ""
        print(f"{r['part']:11}{r['case']:18}{r['who']:19}{r['value']:11,.1f} "
              f"{r['unit']:10}{r['ratio']:7.2f}  ({r['lowest']:.2f} to "
              f"{r['highest']:.2f})".ljust(90) + extra)
    with (OUTPUTS / "bench.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({k: f"{v:.4g}" if isinstance(v, float) else v
                          for k, v in r.items()} for r in rows)
    bars = [r for r in rows if r["part"] in ("training", "generation")
            and r["who"] != "transformers"]
    if bars:
        draw(bars)


def draw(rows: list[dict]):
    """Bars of speed over transformers', with their spread."""
    import matplotlib
    matplotlib.use("agg")
    from matplotlib import pyplot as plt
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
    fig.savefig(OUTPUTS / "bench.png", dpi=150, bbox_inches="tight")


PARTS = {"training": training, "generation": generation, "tokenizer": tokenizer,
         "loader": loader}


def main():
    """Time the parts that the command line names, or be a worker for one of them."""
    known = ", ".join(PARTS)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"{known} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="that count (default 5)")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if unknown := {*args.parts} - {*PARTS}:
        parser.error(f"no part {', '.join(sorted(unknown))}: choose from {known}")
    os.environ.setdefault("DEVICE", "cpu")
    if args.worker:
        return worker(*args.worker)
    rows = []
    for name in args.parts or PARTS:
        print(f"timing: {name}", file=sys.stderr, flush=True)
        rows += PARTS[name](args.rounds)
    report(rows)


if __name__ == "__main__":
    main()
