/**
 * Networks that many projects start from, with torchvision's names of parameters and buffers: weights that were saved
 * there as safetensors are loaded by name.
 *
 * <p>{@snippet :
 * Layer network = Init.skip(() -> ResNet.resnet50(1000, Rng.global()));
 * Checkpoint.loadWeights(Path.of("resnet50.safetensors"), network);
 * network.eval();
 * }
 */
@NullMarked
package dev.lanewise.nn.models;

import org.jspecify.annotations.NullMarked;
