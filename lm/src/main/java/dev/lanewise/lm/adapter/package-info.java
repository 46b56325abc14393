/**
 * Fine-tuning of a few parameters in addition to a model's weights, which stay unchanged:
 * {@link dev.lanewise.lm.adapter.Lora} puts low-rank updates or scales on layers, and reads and writes the files of
 * Hugging Face's peft library.
 */
@NullMarked
package dev.lanewise.lm.adapter;

import org.jspecify.annotations.NullMarked;
