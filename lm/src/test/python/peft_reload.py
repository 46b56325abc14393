"""Loads adapters written by Lanewise with Hugging Face's peft, and compares logits.

    python3 peft_reload.py DIR

DIR has a folder for each adapter: base/ (a model for transformers), adapter/ (adapter_config.json, adapter_model.safetensors) and
expected.safetensors with ids, logits (with the adapter) and plain (without). PeftReloadTest writes them and runs this.
A line for each: equal or different. Needs torch, transformers, peft and safetensors.
"""
import json
import pathlib
import sys
import warnings

import torch
import transformers
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file

# tensors that the file lacks would keep their initial values
warnings.filterwarnings("error", message=".*(missing|unexpected).*keys.*")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def off(got, want):
    return ((got - want).abs().max() / want.abs().max()).item()


def check(folder):
    want = load_file(folder / "expected.safetensors")
    architecture = json.loads((folder / "base" / "config.json").read_text())["architectures"][0]
    base = getattr(transformers, architecture).from_pretrained(folder / "base", dtype=torch.float32)
    stored = set(load_file(folder / "adapter" / "adapter_model.safetensors"))
    with torch.no_grad():
        plain = base.eval()(input_ids=want["ids"]).logits
        model = PeftModel.from_pretrained(base, folder / "adapter").eval()
        adapted = model(input_ids=want["ids"]).logits
    # peft ignores stored tensors without a place, and writes some of the model's own, and twice what is trained as a whole
    written = get_peft_model_state_dict(model)
    own = {name for name in written if not any(part in name for part in (".base_layer.weight", ".original_module.", ".modules_to_save."))}
    problems = [f"{name} has no place" for name in sorted(stored - own)] + [f"no {name}" for name in sorted(own - stored)]
    change = off(want["logits"], want["plain"])
    worst = max(off(adapted, want["logits"]), off(plain, want["plain"]))
    if change < 1e-2:
        problems.append(f"the adapter changes only {change:.1e}")
    if worst > 1e-4:
        problems.append(f"off by {worst:.1e}")
    print("different" if problems else "equal", folder.name, f"off by {worst:.1e}, the adapter changes {change:.1e}", *problems)
    return not problems


if __name__ == "__main__":
    torch.set_num_threads(1)
    results = [check(folder) for folder in sorted(pathlib.Path(sys.argv[1]).iterdir())]
    sys.exit(not all(results))
