@NullMarked
package dev.lanewise.distributed;

import org.jspecify.annotations.NullMarked;
