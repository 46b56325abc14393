/** Matrix products, through cuBLASLt. */
@NullMarked
package dev.lanewise.cuda.matrix;

import org.jspecify.annotations.NullMarked;
