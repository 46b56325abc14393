@NullMarked
package dev.lanewise.spark;

import org.jspecify.annotations.NullMarked;
