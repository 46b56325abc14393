/** Pages of code that show a kind of model each, and the command that runs them. */
@NullMarked
package dev.lanewise.examples.page;

import org.jspecify.annotations.NullMarked;
