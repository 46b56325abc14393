package dev.lanewise.nn.prune;

import java.util.List;

/** A layer with units inside that can be taken out, such as heads of attention. */
public interface Prunable {
    /** {@return the kinds of units, each with a name of its own} */
    List<Units> units();
}
