"""Writes adapters.json: adapters by Hugging Face's peft on layers of many kinds, and what they compute and learn.

A weight's element i is scale * sin(0.37 * i + crc32(name) % 1000), plus 1 for norms, magnitudes and scales; an adapter's name is that
in its file. Tensors of the base model that peft writes too (base_layer.weight, original_module) are left out.

    python3 adapter_values.py > ../resources/dev/lanewise/lm/adapter/adapters.json

Needs torch, transformers and peft.
"""
import copy
import json
import re
import warnings
import zlib

import peft
import torch
import transformers as tr

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
warnings.simplefilter("ignore")
STEPS = 20
LLAMA = dict(vocab_size=13, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32, bos_token_id=1, eos_token_id=2, rope_parameters=dict(rope_type="default", rope_theta=10000.0))
BERT = dict(vocab_size=13, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=32, type_vocab_size=2, num_labels=3, pad_token_id=0, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
VIT = dict(hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, image_size=12, patch_size=4, num_labels=3, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
IDS = [[3, 9, 4, 12, 5, 7, 11, 6], [8, 4, 9, 5, 1, 10, 3, 7]]


def llama(**kw):
    return tr.LlamaForCausalLM(tr.LlamaConfig(**LLAMA, **kw))


def gpt2():
    return tr.GPT2LMHeadModel(tr.GPT2Config(vocab_size=13, n_embd=12, n_layer=2, n_head=3, n_positions=32, bos_token_id=0, eos_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0))


def bert():
    return tr.BertForSequenceClassification(tr.BertConfig(**BERT))


def masked():
    return tr.BertForMaskedLM(tr.BertConfig(**BERT))


def vit():
    return tr.ViTForImageClassification(tr.ViTConfig(**VIT))


def net(*layers):
    """A chain of layers; `layers` says in the file what it is made of."""
    kinds = dict(Conv1d=torch.nn.Conv1d, Conv2d=torch.nn.Conv2d, Conv3d=torch.nn.Conv3d, Linear=torch.nn.Linear, Embedding=torch.nn.Embedding, LayerNorm=torch.nn.LayerNorm)
    model = torch.nn.Sequential()
    for name, kind, numbers in layers:
        made = torch.nn.Flatten() if kind == "Flatten" else torch.nn.Tanh() if kind == "Tanh" else kinds[kind](**numbers) if isinstance(numbers, dict) else kinds[kind](*numbers)
        model.add_module(name, made)
    model.layers = [list(layer) for layer in layers]
    return model


def conv(kind, **kw):
    return kind, dict(dict(in_channels=4, out_channels=6, kernel_size=3, stride=1, padding=0, groups=1), **kw)


CONV1 = net(("first", *conv("Conv1d", stride=2, padding=1)), ("act", "Tanh", []), ("flat", "Flatten", []), ("out", "Linear", [30, 3]))
GROUPS1 = net(("first", *conv("Conv1d", groups=2, padding=1)), ("act", "Tanh", []), ("second", *conv("Conv1d", in_channels=6, out_channels=4, groups=2)), ("flat", "Flatten", []), ("out", "Linear", [32, 3]))
CONV2 = net(("first", *conv("Conv2d", kernel_size=[3, 2], stride=[2, 1], padding=[1, 0])), ("act", "Tanh", []), ("second", *conv("Conv2d", in_channels=6, out_channels=3, kernel_size=1)), ("flat", "Flatten", []), ("out", "Linear", [27, 3]))
GROUPS2 = net(("first", *conv("Conv2d", groups=2)), ("act", "Tanh", []), ("second", *conv("Conv2d", in_channels=6, out_channels=4, kernel_size=2, groups=2)), ("flat", "Flatten", []), ("out", "Linear", [16, 3]))
CONV3 = net(("first", *conv("Conv3d", in_channels=2, kernel_size=[2, 3, 3], padding=[0, 1, 1], stride=[1, 2, 2])), ("act", "Tanh", []), ("flat", "Flatten", []), ("out", "Linear", [48, 3]))
TABLE = net(("words", "Embedding", [13, 6]), ("norm", "LayerNorm", [6]), ("flat", "Flatten", []), ("out", "Linear", [48, 3]))
SMALL = dict(r=2, lora_alpha=3, lora_dropout=0.1)
LM = dict(task_type="CAUSAL_LM")
CLS = dict(task_type="SEQ_CLS")
L, I = peft.LoraConfig, peft.IA3Config
PLANS = [
    ("llama-table", llama, L(**SMALL, **LM, target_modules=["embed_tokens", "q_proj"])),
    ("llama-table-dora", llama, L(**SMALL, **LM, target_modules=["embed_tokens", "v_proj", "lm_head"], use_dora=True)),
    ("llama-tied", lambda: llama(tie_word_embeddings=True), L(**SMALL, **LM, target_modules=["embed_tokens", "k_proj"])),
    ("llama-bias-all", lambda: llama(attention_bias=True, mlp_bias=True), L(**SMALL, **LM, target_modules=["q_proj"], bias="all")),
    ("llama-saved", llama, L(**SMALL, **LM, target_modules=["o_proj"], modules_to_save=["embed_tokens", "norm"])),
    ("llama-all-linear", llama, L(**SMALL, **LM, target_modules="all-linear", exclude_modules=["up_proj"])),
    ("llama-layers", llama, L(**SMALL, **LM, target_modules=["q_proj", "k_proj", "down_proj"], layers_to_transform=[1], layers_pattern="layers", rank_pattern={"k_proj": 3, r"layers\.1\.mlp\.down_proj": 1}, alpha_pattern={"^model.layers.1.self_attn.q_proj": 7})),
    ("gpt2-tables-dora", gpt2, L(**SMALL, **LM, target_modules=["wte", "wpe", "c_attn"], use_dora=True, fan_in_fan_out=True)),
    ("gpt2-bias-all", gpt2, L(**SMALL, **LM, target_modules=["wpe", "c_fc"], use_rslora=True, fan_in_fan_out=True, bias="all")),
    ("gpt2-bias-only", gpt2, L(**SMALL, **LM, target_modules=["wpe", "c_fc"], fan_in_fan_out=True, bias="lora_only")),
    ("gpt2-bias-dora", gpt2, L(**SMALL, **LM, target_modules=["c_proj", "c_fc"], fan_in_fan_out=True, bias="lora_only", use_dora=True)),
    ("bert-bias-all", bert, L(**SMALL, **CLS, target_modules=["word_embeddings", "token_type_embeddings", "query"], bias="all")),
    ("bert-all-linear", bert, L(**SMALL, **CLS, target_modules="all-linear", modules_to_save=["LayerNorm"])),
    ("bert-masked", masked, L(**SMALL, target_modules="all-linear", bias="all")),
    ("vit", vit, L(**SMALL, target_modules=["projection", "q_proj"], modules_to_save=["classifier"])),
    ("vit-dora", vit, L(**SMALL, target_modules=["projection", "v_proj"], use_dora=True, bias="lora_only", modules_to_save=["classifier"])),
    ("vit-saved", vit, L(**SMALL, target_modules=["q_proj"], modules_to_save=["vit.embeddings", "layernorm"])),
    ("conv1d", CONV1, L(**SMALL, target_modules=["first", "out"])),
    ("conv1d-dora", CONV1, L(**SMALL, target_modules=["first"], use_dora=True, bias="all")),
    ("conv1d-groups", GROUPS1, L(r=4, lora_alpha=3, target_modules=["first", "second"])),
    ("conv2d", CONV2, L(**SMALL, target_modules=["first", "second"], use_rslora=True, bias="lora_only")),
    ("conv2d-dora", CONV2, L(**SMALL, target_modules=["first", "second"], use_dora=True)),
    ("conv2d-ia3", CONV2, I(target_modules=["first", "second", "out"], feedforward_modules=["second"])),
    ("conv2d-groups-ia3", GROUPS2, I(target_modules=["first", "second"], feedforward_modules=["second"])),
    ("conv3d", CONV3, L(**SMALL, target_modules=["first", "out"], bias="all")),
    ("conv3d-dora", CONV3, L(**SMALL, target_modules=["first"], use_dora=True)),
    ("conv3d-ia3", CONV3, I(target_modules=["first"], feedforward_modules=["first"])),
    ("chain-table", TABLE, L(**SMALL, target_modules=["words"], modules_to_save=["norm"], use_rslora=True)),
]
# what transformers 5 calls the layers of a ViT, and what they are called in files
VIT_NAMES = {r"(?<=\.)layers\.(?=\d)": "encoder.layer.", r"attention\.q_proj": "attention.attention.query", r"attention\.k_proj": "attention.attention.key", r"attention\.v_proj": "attention.attention.value", r"attention\.o_proj": "attention.output.dense", r"mlp\.fc1": "intermediate.dense", r"mlp\.fc2": "output.dense"}
INPUTS = dict(conv1=(2, 4, 10), conv1groups=(2, 4, 10), conv2=(2, 4, 5, 4), conv2groups=(2, 4, 5, 5), conv3=(2, 2, 3, 4, 4))


def published(name, key):
    """The name in files of the model; of an adapter, but for those that keep transformers 5's."""
    if name == "vit":
        for new, old in VIT_NAMES.items():
            key = re.sub(new, old, key)
    return key


def values(name, shape, scale, around_one):
    n = 1
    for size in shape:
        n *= size
    v = scale * torch.sin(0.37 * torch.arange(n) + zlib.crc32(name.encode()) % 1000).reshape(shape)
    return (v + 1 if around_one else v).float().double()


def is_norm(name, shape):
    return len(shape) == 1 and name.endswith("weight")


def shape_of(name):
    key = "conv" + name[4] + ("groups" if "groups" in name else "")
    return INPUTS[key]


def forward(name, model):
    if name.startswith("conv"):
        return model(values("x", shape_of(name), 1.0, False))
    if name.startswith("vit"):
        return model(pixel_values=values("x", (2, 3, 12, 12), 1.0, False)).logits
    ids = torch.tensor(IDS)
    return model(ids) if name.startswith("chain") else model(input_ids=ids).logits


def loss(name, logits):
    if logits.ndim == 2:
        return torch.nn.functional.cross_entropy(logits, torch.tensor([2, 0]))
    ids = torch.tensor(IDS)
    if name == "bert-masked":
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten())
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def rows(logits):
    own = logits[:, -1] if logits.ndim == 3 else logits
    return [[round(float(x), 7) for x in row] for row in own.detach()]


out = []
for name, make, config in PLANS:
    chain = isinstance(make, torch.nn.Module)
    base = (copy.deepcopy(make) if chain else make()).double().eval()
    with torch.no_grad():
        for n, p in base.named_parameters():
            own = published("vit" if name.startswith("vit") else name, n)
            p.copy_(values(own, p.shape, 0.4, is_norm(own, p.shape)))
    for m in base.modules():  # as transformers has them, in single precision
        if hasattr(m, "inv_freq"):
            m.inv_freq = m.inv_freq.float()
    given = copy.deepcopy(config).to_dict()
    model = peft.get_peft_model(base, config, autocast_adapter_dtype=False).eval()
    stored = peft.get_peft_model_state_dict(model, save_embedding_layers=False)
    own = {k: values(published(name, k), v.shape, 0.1 if "lora" in k else 0.4, "magnitude" in k or "ia3" in k or is_norm(k, v.shape)) for k, v in stored.items() if "original_module" not in k}
    result = peft.set_peft_model_state_dict(model, own)
    assert not result.unexpected_keys or all("modules_to_save" in k or "original" in k for k in result.unexpected_keys), result
    kept = {published(name, k): list(v.shape) for k, v in own.items()}
    before = rows(forward(name, model))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01, weight_decay=0.01)
    losses = []
    for step in range(STEPS):
        current = loss(name, forward(name, model))
        losses.append(float(current))
        optimizer.zero_grad()
        current.backward()
        optimizer.step()
    after = forward(name, model)
    losses.append(float(loss(name, after)))
    tied = name in ("llama-tied", "gpt2-tables-dora")
    merged = None
    if not (tied or name == "conv1d-groups"):
        with torch.no_grad():
            model.merge_adapter()
            merged = rows(forward(name, model))
            model.unmerge_adapter()
    settings = {k: sorted(v) if isinstance(v, set) else v for k, v in given.items()}
    if name == "vit":
        settings["target_modules"] = [dict(q_proj="query", v_proj="value").get(k, k) for k in settings["target_modules"]]
    settings["modules_to_save"] = model.peft_config["default"].modules_to_save
    c = None
    if not chain:
        c = base.config.to_dict()
        c["architectures"] = [type(base).__name__]
    out.append(dict(name=name, config=c, layers=make.layers if chain else None, adapter={k: v for k, v in settings.items() if v is not None}, tensors=kept,
                    input=list(shape_of(name)) if name.startswith("conv") else None, before=before, losses=[round(x, 7) for x in losses], after=rows(after), merged=merged))
print(json.dumps(out, separators=(",", ":"), default=lambda x: getattr(x, "value", str(x))))
