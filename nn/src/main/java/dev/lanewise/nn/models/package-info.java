/**
 * Networks that many projects start from. Those for images have torchvision's names of parameters and buffers: weights that
 * were saved there as safetensors are loaded by name. {@link dev.lanewise.nn.models.NeuMF} recommends, {@link
 * dev.lanewise.nn.models.Seq2Seq} translates sequences, {@link dev.lanewise.nn.models.TemporalConvNet} reads time series, and
 * {@link dev.lanewise.nn.models.Dcgan} draws images.
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
