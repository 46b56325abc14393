/** The reference models. */
@NullMarked
package dev.lanewise.examples.models;

import org.jspecify.annotations.NullMarked;
