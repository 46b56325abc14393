package dev.lanewise.cpu.elementwise;

import dev.lanewise.tensor.DType;

/**
 * What a template loop is specialised with for one operation.
 *
 * @param template the loop
 * @param function the function of vectors or, for a template that goes element by element, of elements
 */
record Expression(Template template, Object function) {
    static Expression f32(Functions.FloatUnary function) {
        return new Expression(Template.F32_UNARY, function);
    }

    static Expression f32(Functions.FloatBinary function) {
        return new Expression(Template.F32_BINARY, function);
    }

    static Expression f32(Functions.FloatTernary function) {
        return new Expression(Template.F32_TERNARY, function);
    }

    static Expression f32Test(Functions.FloatTest function) {
        return new Expression(Template.F32_TEST, function);
    }

    static Expression f64(Functions.DoubleUnary function) {
        return new Expression(Template.F64_UNARY, function);
    }

    static Expression f64(Functions.DoubleBinary function) {
        return new Expression(Template.F64_BINARY, function);
    }

    static Expression f64(Functions.DoubleTernary function) {
        return new Expression(Template.F64_TERNARY, function);
    }

    static Expression f64Test(Functions.DoubleTest function) {
        return new Expression(Template.F64_TEST, function);
    }

    /** Element by element, in double precision. */
    static Expression each(Functions.RealUnary function) {
        return new Expression(Template.REAL_UNARY, function);
    }

    /** Element by element, in double precision. */
    static Expression each(Functions.RealBinary function) {
        return new Expression(Template.REAL_BINARY, function);
    }

    static Expression integer(Functions.IntegerUnary function) {
        return new Expression(Template.INTEGER_UNARY, function);
    }

    static Expression integer(Functions.IntegerBinary function) {
        return new Expression(Template.INTEGER_BINARY, function);
    }

    static Expression integer(Functions.IntegerTernary function) {
        return new Expression(Template.INTEGER_TERNARY, function);
    }

    static Expression integerTest(Functions.IntegerTest function) {
        return new Expression(Template.INTEGER_TEST, function);
    }

    /** A loop of its own for this expression over elements of a type. */
    Loop loop(DType dtype) {
        return switch (template) {
            case F32_UNARY, F32_BINARY, F32_TERNARY, F32_TEST, F64_UNARY, F64_BINARY, F64_TERNARY, F64_TEST ->
                template.specialise(function);
            case REAL_UNARY, REAL_BINARY ->
                template.specialise(
                        Storage.realReader(dtype), function, Storage.realWriter(dtype), dtype.bytes(), dtype.bytes());
            case INTEGER_UNARY, INTEGER_BINARY, INTEGER_TERNARY ->
                template.specialise(
                        Storage.integerReader(dtype),
                        function,
                        Storage.integerWriter(dtype),
                        dtype.bytes(),
                        dtype.bytes());
            case INTEGER_TEST -> template.specialise(Storage.integerReader(dtype), function, dtype.bytes());
        };
    }
}
