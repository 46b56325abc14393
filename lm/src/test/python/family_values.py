"""Writes families.json: small models of every family with weights by a formula, and what transformers computes of them.

A weight's element i is scale * sin(0.37 * i + crc32(name) % 1000), plus 1 where the name ends with "norm.weight" or the like.

    python3 family_values.py > ../resources/dev/lanewise/lm/families.json
"""
import json
import zlib

import torch
import transformers as tr

torch.set_default_dtype(torch.float64)
SMALL = dict(vocab_size=13, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=32, bos_token_id=1, eos_token_id=2, pad_token_id=0)
GROUPED = dict(SMALL, num_key_value_heads=2)


def rope(**kw):
    return dict(rope_parameters=dict(dict(rope_type="default", rope_theta=10000.0), **kw))


BERT = dict(SMALL, type_vocab_size=2)
T5 = dict(vocab_size=13, d_model=12, d_kv=4, d_ff=20, num_layers=2, num_decoder_layers=2, num_heads=3, relative_attention_num_buckets=8, relative_attention_max_distance=9, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0)
PLANS = [
    ("gpt2", tr.GPT2LMHeadModel, tr.GPT2Config(vocab_size=13, n_embd=12, n_layer=2, n_head=3, n_positions=32, bos_token_id=0, eos_token_id=0)),
    ("gpt2-by-layer", tr.GPT2LMHeadModel, tr.GPT2Config(vocab_size=13, n_embd=12, n_layer=2, n_head=3, n_positions=32, bos_token_id=0, eos_token_id=0, scale_attn_by_inverse_layer_idx=True, n_inner=16, activation_function="relu")),
    ("llama", tr.LlamaForCausalLM, tr.LlamaConfig(**GROUPED, **rope(), attention_bias=True, mlp_bias=True)),
    ("llama-llama3", tr.LlamaForCausalLM, tr.LlamaConfig(**GROUPED, **rope(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8), tie_word_embeddings=True)),
    ("llama-yarn", tr.LlamaForCausalLM, tr.LlamaConfig(**GROUPED, **rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=8))),
    ("llama-linear", tr.LlamaForCausalLM, tr.LlamaConfig(**GROUPED, **rope(rope_type="linear", factor=3.0))),
    ("llama-dynamic", tr.LlamaForCausalLM, tr.LlamaConfig(**dict(GROUPED, max_position_embeddings=8), **rope(rope_type="dynamic", factor=2.0))),
    ("mistral", tr.MistralForCausalLM, tr.MistralConfig(**GROUPED, **rope(), sliding_window=4, head_dim=6)),
    ("qwen2", tr.Qwen2ForCausalLM, tr.Qwen2Config(**GROUPED, **rope())),
    ("qwen2-windows", tr.Qwen2ForCausalLM, tr.Qwen2Config(**GROUPED, **rope(), use_sliding_window=True, sliding_window=3, max_window_layers=1)),
    ("qwen3", tr.Qwen3ForCausalLM, tr.Qwen3Config(**GROUPED, **rope(), head_dim=4)),
    ("gemma2", tr.Gemma2ForCausalLM, tr.Gemma2Config(**GROUPED, **rope(), head_dim=6, sliding_window=4, query_pre_attn_scalar=5, attn_logit_softcapping=2.0, final_logit_softcapping=3.0)),
    ("gemma2-uncapped", tr.Gemma2ForCausalLM, tr.Gemma2Config(**GROUPED, **rope(), head_dim=6, sliding_window=4, query_pre_attn_scalar=5, attn_logit_softcapping=None, final_logit_softcapping=None)),
    ("bert", tr.BertForSequenceClassification, tr.BertConfig(**BERT, num_labels=3)),
    ("bert-tokens", tr.BertForTokenClassification, tr.BertConfig(**BERT, num_labels=4, hidden_act="relu")),
    ("bert-masked", tr.BertForMaskedLM, tr.BertConfig(**BERT)),
    ("roberta", tr.RobertaForSequenceClassification, tr.RobertaConfig(**dict(SMALL, pad_token_id=1), type_vocab_size=1, num_labels=3)),
    ("roberta-masked", tr.RobertaForMaskedLM, tr.RobertaConfig(**dict(SMALL, pad_token_id=1), type_vocab_size=1)),
    ("distilbert", tr.DistilBertForSequenceClassification, tr.DistilBertConfig(vocab_size=13, dim=12, n_layers=2, n_heads=3, hidden_dim=20, max_position_embeddings=32, pad_token_id=0, num_labels=3)),
    ("distilbert-masked", tr.DistilBertForMaskedLM, tr.DistilBertConfig(vocab_size=13, dim=12, n_layers=2, n_heads=3, hidden_dim=20, max_position_embeddings=32, pad_token_id=0)),
    ("t5", tr.T5ForConditionalGeneration, tr.T5Config(**T5)),
    ("t5-gated", tr.T5ForConditionalGeneration, tr.T5Config(**T5, feed_forward_proj="gated-gelu")),
]
out = []
for name, cls, config in PLANS:
    config._attn_implementation = "eager"
    model = cls(config).double().eval()
    with torch.no_grad():
        for n, p in model.named_parameters():
            i = torch.arange(p.numel(), dtype=torch.float64)
            v = 0.4 * torch.sin(0.37 * i + zlib.crc32(n.encode()) % 1000).reshape(p.shape)
            norm = p.ndim == 1 and n.endswith("weight") and not name.startswith("gemma")
            p.copy_((v + 1 if norm else v).float().double())
    for m in model.modules():  # the tables of rotary positions stay in single precision, as transformers has them
        if hasattr(m, "inv_freq"):
            m.inv_freq = m.inv_freq.float()
    ids = torch.tensor([[3, 9, 4, 12, 5, 7, 11, 6, 10, 3], [8, 4, 9, 5, 0, 0, 0, 0, 0, 0]])
    mask = torch.tensor([[1] * 10, [1] * 4 + [0] * 6])
    if name.startswith("roberta"):
        ids = torch.where(mask == 1, ids, 1)
    call = dict(input_ids=ids, attention_mask=mask)
    if name.startswith("t5"):
        call["labels"] = torch.tensor([[5, 8, 1, 3], [9, 2, 6, 1]])
    if name.startswith("bert"):
        call["token_type_ids"] = torch.tensor([[0] * 5 + [1] * 5, [0, 0, 1, 1] + [0] * 6])
    with torch.no_grad():
        # every row of a decoder by itself: in double precision the mask's minimum becomes minus infinity, and padding NaN
        causal = "CausalLM" in cls.__name__ or "GPT2" in cls.__name__
        rows = [model(input_ids=ids[i:i + 1, :n]).logits[0, -1] for i, n in ((0, 10), (1, 4))] if causal else None
        logits = None if causal else model(**call).logits
    c = config.to_dict()
    c["architectures"] = [cls.__name__]
    # the last real place of each row
    if rows is None:
        rows = [logits[0, -1], logits[1, 3]] if logits.ndim == 3 else [logits[0], logits[1]]
    out.append(dict(name=name, config=c, ids=ids.tolist(), mask=mask.tolist(), types=call["token_type_ids"].tolist() if "token_type_ids" in call else None,
                    labels=call["labels"].tolist() if "labels" in call else None, logits=[[round(float(x), 7) for x in r] for r in rows]))
print(json.dumps(out, separators=(",", ":"), default=str))
