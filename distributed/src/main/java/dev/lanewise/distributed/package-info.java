/**
 * Training on several processes, each with a copy of the model and a part of every batch.
 *
 * <p>A {@link dev.lanewise.distributed.Communicator} lets processes, its ranks, exchange numbers;
 * {@link dev.lanewise.distributed.DataParallel} puts a {@link dev.lanewise.nn.train.Trainer} on top of it. The code is the same
 * in all processes:
 *
 * <pre>{@code
 * try (Communicator ranks = SocketRing.join(rank, size, new InetSocketAddress("127.0.0.1", 29500), secret)) {
 *     TrainingResult result = DataParallel.wrap(trainer, ranks).fit(data, 10);
 * }
 * }</pre>
 */
@NullMarked
package dev.lanewise.distributed;

import org.jspecify.annotations.NullMarked;
