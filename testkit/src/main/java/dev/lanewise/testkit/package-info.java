/**
 * What every backend is checked against: a scalar oracle of each operation, the conformance suite that compares a
 * backend with it, and the runner of reference cases.
 */
@NullMarked
package dev.lanewise.testkit;

import org.jspecify.annotations.NullMarked;
