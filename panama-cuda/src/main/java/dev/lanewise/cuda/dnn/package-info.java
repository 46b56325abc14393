/** Layers of networks: convolution and recurrent layers through cuDNN; pooling and batch normalization through kernels. */
@NullMarked
package dev.lanewise.cuda.dnn;

import org.jspecify.annotations.NullMarked;
