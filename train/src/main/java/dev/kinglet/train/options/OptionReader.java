package dev.kinglet.train.options;

import dev.kinglet.base.OptionNames;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** Values of options by their types; an option that is not given has its default value. */
record OptionReader(TrainOptions options) {
    static void requireAtLeast(int least, int value, TrainOption option) {
        if (value < least) {
            throw new IllegalArgumentException(option.key() + " is at least " + least + ", not " + value);
        }
    }

    static void requireAtMost(int most, int value, TrainOption option) {
        if (value > most) {
            throw new IllegalArgumentException(option.key() + " is at most " + most + ", not " + value);
        }
    }

    /** Whether an option is given, and not only by its default value. */
    boolean given(TrainOption option) {
        return options.get(option).isPresent();
    }

    private Object required(TrainOption option) {
        return options.value(option)
                .orElseThrow(() -> new IllegalArgumentException(
                        OptionNames.quoted(option.key()) + " is not given; it is the " + option.help()));
    }

    String text(TrainOption option) {
        return (String) required(option);
    }

    Optional<String> optionalText(TrainOption option) {
        return options.value(option).map(String.class::cast);
    }

    long whole(TrainOption option) {
        return (Long) required(option);
    }

    int integer(TrainOption option) {
        long value = whole(option);
        if (value != (int) value) {
            throw new IllegalArgumentException(
                    option.key() + ": " + value + " is too large; the largest possible is " + Integer.MAX_VALUE);
        }
        return (int) value;
    }

    OptionalInt optionalInteger(TrainOption option) {
        return options.value(option).isPresent() ? OptionalInt.of(integer(option)) : OptionalInt.empty();
    }

    double decimal(TrainOption option) {
        return ((BigDecimal) required(option)).doubleValue();
    }

    OptionalDouble optionalDecimal(TrainOption option) {
        return options.value(option).isPresent() ? OptionalDouble.of(decimal(option)) : OptionalDouble.empty();
    }

    boolean truth(TrainOption option) {
        return Boolean.parseBoolean(text(option));
    }

    List<Double> decimals(TrainOption option) {
        return ((List<?>) required(option))
                .stream().map(value -> ((BigDecimal) value).doubleValue()).toList();
    }

    List<Double> decimals(TrainOption option, int count) {
        List<Double> values = decimals(option);
        if (values.size() != count) {
            throw new IllegalArgumentException(
                    option.key() + ": expected " + count + " numbers, found " + values.size());
        }
        return values;
    }

    /** The constant whose name is the option's value. */
    <E extends Enum<E>> E constant(Class<E> type, TrainOption option) {
        String name = text(option).replace('-', '_');
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(option.key() + " accepts " + name));
    }

    /** What is made from an option's value, whose name its errors begin with. */
    <T> T named(TrainOption option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option.key() + ": " + e.getMessage(), e);
        }
    }
}
