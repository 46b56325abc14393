/** The reference models of tables and curves. */
@NullMarked
package dev.lanewise.examples.train.table;

import org.jspecify.annotations.NullMarked;
