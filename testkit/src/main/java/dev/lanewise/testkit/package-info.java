/** The conformance suite that every backend passes, and the oracles it compares with. */
@NullMarked
package dev.lanewise.testkit;

import org.jspecify.annotations.NullMarked;
