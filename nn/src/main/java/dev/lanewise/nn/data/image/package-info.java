/** Images: files, folders, transforms and the data sets MNIST, Fashion-MNIST and CIFAR-10. */
@NullMarked
package dev.lanewise.nn.data.image;

import org.jspecify.annotations.NullMarked;
