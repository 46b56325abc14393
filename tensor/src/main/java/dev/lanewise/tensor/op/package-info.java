/**
 * The op catalogue: every primitive operation as a value that knows its name, the types it takes, the type and shape of
 * its result, and the one clear error for operands that don't match.
 *
 * <p>A backend and the table of gradient rules each have one exhaustive {@code switch} over {@link
 * dev.lanewise.tensor.op.Op} without {@code default}, so an op added here fails compilation exactly where a kernel or a
 * rule is missing.
 */
@NullMarked
package dev.lanewise.tensor.op;

import org.jspecify.annotations.NullMarked;
