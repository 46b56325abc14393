package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Storage;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One random operation of the catalogue with absurd operands and attributes, or ones at the edges of types and shapes.
 * It either fails with a {@link TensorException}, or gives the same as the scalar oracle; it writes to none of its
 * operands, and its gradient lies between the slopes of the finite differences on both sides.
 *
 * <p>A case is fixed by a seed and a number, so that a report of both reproduces it.
 */
public final class HostileCase {
    private static final double MUTATED = 0.3;

    /** Results between these are left out: they fit a machine's memory, take minutes, and show nothing that others do not. */
    private static final long LARGE = 1L << 24;

    private static final long BEYOND_MEMORY = 1L << 40;

    /** The catalogue by kinds of operations, so that one of many constants is tried as often as one of few. */
    private static final List<List<Op>> KINDS =
            OpCatalogue.ops().stream().collect(Collectors.groupingBy(OpCatalogue::typeOf)).values().stream()
                    .sorted(Comparator.comparing(ops -> ops.getFirst().opName()))
                    .toList();

    private final Device device;
    private final Dice dice;
    private final Mode mode;
    private final List<Op> templates;
    private String text = "";

    /**
     * A case.
     *
     * @param device the device whose backend is tested
     * @param seed selects the sequence of cases
     * @param number the case's position in it
     */
    public HostileCase(Device device, long seed, long number) {
        this.device = device;
        dice = new Dice(seed, number);
        mode = dice.chance(0.7) ? Mode.OPERATION : dice.chance(0.5) ? Mode.GRADIENT : Mode.CALL;
        templates = dice.one(KINDS);
    }

    /** A case of one kind of operation. */
    HostileCase(Device device, long seed, long number, Mode mode, List<Op> templates) {
        this.device = device;
        dice = new Dice(seed, number);
        this.mode = mode;
        this.templates = templates;
    }

    /** What a case tries. */
    enum Mode {
        /** An operation's results. */
        OPERATION,
        /** An operation's gradient. */
        GRADIENT,
        /** A method of a tensor. */
        CALL
    }

    /** The operations of the catalogue, grouped by kind. */
    static List<List<Op>> kinds() {
        return KINDS;
    }

    /** What is wrong with a case. */
    public enum Kind {
        /** An exception of an undocumented type. */
        EXCEPTION,
        /** A result, a gradient or an operand is not what it must be. */
        WRONG
    }

    /**
     * What was found.
     *
     * @param kind how bad it is
     * @param text the operation, its operands, and what is wrong
     */
    public record Fault(Kind kind, String text) {}

    /** Is notified before anything runs that may not return. */
    public interface Progress {
        /**
         * Called with the operation and its operands.
         *
         * @param text one line for display
         */
        void begins(String text);
    }

    /**
     * Runs the case.
     *
     * @param progress notified of what is about to run
     * @return what is wrong with the outcome, or nothing
     */
    public Optional<Fault> run(Progress progress) {
        try (var ignored = Scope.open("hostile case")) {
            Teller teller = now -> {
                text = now;
                progress.begins(now);
            };
            switch (mode) {
                case OPERATION -> operation(dice.one(templates), teller);
                case GRADIENT -> new HostileGradient(device, dice, dice.one(templates)).run(teller);
                case CALL -> new HostileCall(device, dice).run(teller);
            }
            return Optional.empty();
        } catch (TensorException e) {
            return checkMessage(e);
        } catch (AssertionError e) {
            return Optional.of(new Fault(Kind.WRONG, text + ": " + e.getMessage()));
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return Optional.of(new Fault(Kind.EXCEPTION, text + ": " + e + at(e)));
        }
    }

    /** Is told what is about to run. */
    interface Teller {
        void begins(String text);
    }

    private static String at(Throwable e) {
        return Arrays.stream(e.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("dev.lanewise"))
                .limit(2)
                .map(frame -> " at " + frame)
                .collect(Collectors.joining());
    }

    /** A caller gets one line that says what failed. */
    private Optional<Fault> checkMessage(TensorException e) {
        String message = String.valueOf(e.getMessage());
        boolean good = message.contains(": ") && !message.contains("\n");
        return good
                ? Optional.empty()
                : Optional.of(new Fault(Kind.EXCEPTION, text + ": no message of one line: " + e));
    }

    private void operation(Op template, Teller teller) {
        Recipe recipe = HostileOps.of(template, dice);
        Spread spread = dice.one(Spreads.of(recipe.op()).all());
        boolean mutated = dice.chance(MUTATED);
        teller.begins(describe(recipe, spread));
        if (mutated) {
            recipe = new Mutations(dice).apply(recipe);
            teller.begins(describe(recipe, spread));
            if (isLarge(recipe)) {
                return;
            }
        }
        Op op = recipe.op();
        Tensor[] operands = operands(recipe, new Ingredients(device, dice, spread), mutated);
        Untouched untouched = new Untouched(op instanceof Update ? new Tensor[0] : operands);
        if (op instanceof Update update) {
            update(update, operands, mutated);
        } else {
            Tensor[] got = OracleChecks.run(op, device, operands);
            untouched.check();
            if (isComparable(op, operands, got, mutated)) {
                new Agreement(op, operands).check(got);
            }
        }
    }

    private static boolean isLarge(Recipe recipe) {
        TensorSpec[] specs =
                recipe.operands().stream().map(Recipe.Operand::spec).toArray(TensorSpec[]::new);
        return Arrays.stream(recipe.op().infer(specs))
                .mapToLong(spec -> spec.shape().elements())
                .anyMatch(elements -> elements > LARGE && elements < BEYOND_MEMORY);
    }

    /** A forward pass does not take what a mutation left of its operands; the gradient gets them as they are. */
    private static Tensor[] operands(Recipe recipe, Ingredients ingredients, boolean mutated) {
        return mutated
                ? ingredients.make(new Recipe(recipe.op(), recipe.operands().toArray(Recipe.Operand[]::new)))
                : ingredients.make(recipe);
    }

    static String describe(Recipe recipe, Spread spread) {
        return OracleChecks.name(recipe.op()) + " of "
                + recipe.operands().stream()
                        .map(operand -> operand.spec().toString())
                        .collect(Collectors.joining(" x "))
                + " " + spread.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private void update(Update update, Tensor[] operands, boolean mutated) {
        TensorSpec[] specs = Arrays.stream(operands).map(Tensor::spec).toArray(TensorSpec[]::new);
        update.infer(specs);
        Tensor[] before = copies(operands);
        Tensor[] in = copies(operands);
        Storage.update(update, OracleChecks.changed(update, in), in);
        if (!mutated) {
            Expectation.execute(update, before, OracleChecks.changed(update, before));
            Expectation.check(
                    update, operands, OracleChecks.changed(update, in), OracleChecks.changed(update, before), false);
        }
    }

    private static Tensor[] copies(Tensor[] operands) {
        return Arrays.stream(operands).map(Tensor::copy).toArray(Tensor[]::new);
    }

    /** Fused operations round on their way where they are declined, and with odd factors they lose what they had. */
    private boolean isComparable(Op op, Tensor[] operands, Tensor[] got, boolean mutated) {
        long elements = Arrays.stream(operands)
                        .mapToLong(t -> t.shape().elements())
                        .reduce(0, HostileCase::saturated)
                + Arrays.stream(got).mapToLong(t -> t.shape().elements()).reduce(0, HostileCase::saturated);
        if (elements < 0 || elements > 1 << 20) {
            return false;
        }
        boolean narrow = operands.length > 0 && (operands[0].dtype() == DType.F16 || operands[0].dtype() == DType.BF16);
        if (op instanceof Op.Fused fused) {
            return !mutated && !(narrow && !Backends.of(device).supports(fused, operands));
        }
        return !mutated || !(op instanceof Source) && !(op instanceof Linalg);
    }

    private static long saturated(long a, long b) {
        return Math.min(a, 1L << 40) + Math.min(b, 1L << 40);
    }
}
