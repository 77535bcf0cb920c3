"""Mistakes that have a name, and what is said of each: what went wrong, never the answer."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "sign_flipped": "The size is right, the sign is the other one.",
    "missing_upstream": "That is the local derivative alone. What comes from above is still to be "
    "multiplied in.",
    "missing_local": "That is what comes from above. It is still to be multiplied by the local "
    "derivative.",
    "upstream_included": "That is what is passed on. Asked is the local derivative alone, before "
    "what comes from above.",
    "wrong_operand": "That is what the other operand gets. Look once more at whose slope it is.",
    "in_for_out": "That takes the input where the slope is written with the output.",
    "out_for_in": "That takes the output where the slope is written with the input.",
    "missing_square": "A square is missing in the slope.",
    "missing_two": "The factor 2 that a square brings down is missing.",
    "missing_exponent": "The exponent comes down as a factor; it is missing.",
    "exponent_kept": "The exponent goes down by 1 when it has come down as a factor.",
    "missing_complement": "The slope of a sigmoid is a product of a and 1 − a. One is missing.",
    "value_for_slope": "That multiplies by the value where the slope belongs.",
    "upside_down": "That divides where one multiplies, or multiplies where one divides.",
    "sum_for_product": "The two were added. Here they are multiplied.",
    "product_for_sum": "The two were multiplied. Here they are added.",
    "difference_for_sum": "One was taken from the other. Here they are added.",
    "sum_for_difference": "The two were added. Here the second is taken from the first.",
    "quotient_for_product": "One was divided by the other. Here they are multiplied.",
    "product_for_quotient": "The two were multiplied. Here the first is divided by the second.",
    "product_for_power": "That is base times exponent. A power multiplies the base by itself.",
    "sum_for_choice": "The two were added. Here one of them is chosen.",
    "other_operand": "That is the other one of the two.",
    "turned_round": "The two are the wrong way round.",
    "not_applied": "That is what goes in. The op has yet to be applied.",
    "slope_for_value": "That is the slope. Asked is the value.",
    "not_accumulated": "That is what arrives now. What had arrived before is added to it.",
    "nothing_new": "That is what had arrived before. What arrives now is added to it.",
    "total_for_part": "That is the whole gradient. Asked is what is passed on along this edge.",
    "not_summed": "That is one term. The operand is used in several places, and what comes from "
    "all of them is added up.",
    "off_by_batch": "That is off by a factor that is the length of an axis. Is it a mean or a sum?",
    "off_by_count": "That is off by the number of entries. Is it a mean or a sum?",
    "transposed": "The axes are the wrong way round.",
    "operand_shape": "That is the shape of an operand.",
    "upstream_shape": "That is the shape of what comes from above. A gradient has the shape of the "
    "value that it belongs to.",
    "uphill": "That goes with the gradient. A step goes against it.",
    "missing_rate": "The gradient is still to be multiplied by the learning rate.",
    "step_alone": "That is the step alone. It is taken from where the parameter stands.",
    "unchanged": "That is where it stands now. A step is still to be taken.",
    "value_for_seed": "That is the value. Asked is how fast the result changes with itself.",
    "zero_for_seed": "A result does change with itself, exactly as fast as itself.",
    "not_ready": "That one has to wait: something that it needs is not there yet.",
    "not_everyone": "Those are right, but not all of them.",
    "someone_else": "One of those is no user of it. Gradient comes from the nodes that use it.",
    "wrong_sign": "Two minus signs make a plus; one makes a minus.",
}
