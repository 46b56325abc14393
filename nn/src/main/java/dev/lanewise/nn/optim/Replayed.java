package dev.lanewise.nn.optim;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source.Random;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.spi.RandomDraws.Draw;
import java.util.ArrayList;
import java.util.List;

/** The operations of a recorded step whose numbers change, and their positions in the random streams. */
final class Replayed {
    private final List<Op> operations;
    private final List<Draw> draws;

    /**
     * Checks that the operations account for all random numbers that were drawn.
     *
     * @throws TensorException if random numbers were drawn elsewhere, such as on the host
     */
    Replayed(List<Op> operations, List<Draw> draws) {
        this.operations = operations;
        this.draws = draws;
        for (Draw draw : draws) {
            if (operations.stream().noneMatch(op -> isFrom(draw, op))) {
                throw new TensorException(
                        "random numbers were drawn on the host (expected on the device); draw them there,"
                                + " or give them as an input");
            }
        }
    }

    private static boolean isFrom(Draw draw, Op op) {
        return switch (op) {
            case RandomDropout dropout -> isFrom(draw, dropout.seed(), dropout.counter());
            case Random random -> isFrom(draw, random.seed(), random.counter());
            default -> false;
        };
    }

    private static boolean isFrom(Draw draw, long seed, long counter) {
        return seed == draw.seed() && counter - draw.first() >= 0 && counter - draw.first() < draw.blocks();
    }

    /** The operations of the next step: with new draws, and the updates of the optimizer's current step. */
    List<Op> next(Optimizer optimizer) {
        List<Draw> drawn = new ArrayList<>(draws.size());
        for (Draw draw : draws) {
            Rng.Position first = draw.rng().take(draw.blocks());
            drawn.add(new Draw(draw.rng(), first.seed(), first.counter(), draw.blocks()));
        }
        List<Op> next = new ArrayList<>(operations.size());
        for (Op operation : operations) {
            next.add(next(operation, drawn, optimizer));
        }
        return next;
    }

    private Op next(Op operation, List<Draw> drawn, Optimizer optimizer) {
        if (operation instanceof Update update) {
            return optimizer.next(update);
        }
        for (int i = 0; i < draws.size(); i++) {
            if (isFrom(draws.get(i), operation)) {
                return moved(operation, draws.get(i), drawn.get(i));
            }
        }
        return operation;
    }

    private static Op moved(Op operation, Draw from, Draw to) {
        return switch (operation) {
            case RandomDropout op -> new RandomDropout(op.p(), to.seed(), to.first() + op.counter() - from.first());
            case Random op ->
                new Random(
                        op.distribution(),
                        to.seed(),
                        to.first() + op.counter() - from.first(),
                        op.a(),
                        op.b(),
                        op.spec());
            default -> operation;
        };
    }
}
