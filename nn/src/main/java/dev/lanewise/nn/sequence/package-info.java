/** Layers for sequences: embeddings, recurrent layers, attention, positions and transformers. */
@NullMarked
package dev.lanewise.nn.sequence;

import org.jspecify.annotations.NullMarked;
