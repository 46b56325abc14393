package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.ConvolutionDescriptor;
import dev.lanewise.cuda.api.Cudnn.FilterDescriptor;
import dev.lanewise.cuda.api.Cudnn.TensorDescriptor;

/** A convolution's operands and attributes as cuDNN takes them, the same for all directions. */
record ConvolutionDescriptors(
        TensorDescriptor input, FilterDescriptor filter, TensorDescriptor output, ConvolutionDescriptor convolution) {

    static ConvolutionDescriptors of(Cudnn cudnn, Geometry geometry) {
        return new ConvolutionDescriptors(
                tensor(cudnn, geometry, geometry.input()),
                cudnn.createFilter(
                        geometry.type(), geometry.format(), geometry.filter().toArray()),
                tensor(cudnn, geometry, geometry.output()),
                cudnn.createConvolution(geometry.convolution(), geometry.compute(), geometry.math()));
    }

    private static TensorDescriptor tensor(Cudnn cudnn, Geometry geometry, Geometry.Sizes sizes) {
        return cudnn.createTensor(geometry.type(), sizes.toArray(), sizes.strides(geometry.format()));
    }

    void destroy(Cudnn cudnn) {
        cudnn.destroy(convolution);
        cudnn.destroy(output);
        cudnn.destroy(filter);
        cudnn.destroy(input);
    }
}
