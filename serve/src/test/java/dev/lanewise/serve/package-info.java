@NullMarked
package dev.lanewise.serve;

import org.jspecify.annotations.NullMarked;
