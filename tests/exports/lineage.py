"""Checks OpenLineage events against the classes that OpenLineage generates from its JSON Schemas.

Stricter than the schemas: they let a facet have keys that they do not know, this does not.
"""
import enum
import types
import typing

import attr
from openlineage.client.generated import (base, error_message_run, input_statistics_input_dataset, job_type_job,
                                          output_statistics_output_dataset, parent_run, processing_engine_run, schema_dataset,
                                          sql_job)

FACETS = {"schema": schema_dataset.SchemaDatasetFacet, "errorMessage": error_message_run.ErrorMessageRunFacet,
          "sql": sql_job.SQLJobFacet, "parent": parent_run.ParentRunFacet, "jobType": job_type_job.JobTypeJobFacet,
          "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
          "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
          "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet}


def problems_of(event):
    """What is wrong with an event, a text each."""
    return list(_problems(base.RunEvent, event, "event"))


def _problems(wanted, value, place):
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        if value is not None or type(None) not in arguments:
            yield from _problems(next(each for each in arguments if each is not type(None)), value, place)
    elif origin is list:
        if not isinstance(value, list):
            yield f"{place}: no list: {value!r}"
            return
        for index, item in enumerate(value):
            yield from _problems(arguments[0], item, f"{place}[{index}]")
    elif origin is dict:
        for key, item in value.items():
            if key not in FACETS or not issubclass(FACETS[key], arguments[1]):
                yield f"{place}: no such facet here: {key}"
                continue
            yield from _problems(FACETS[key], item, f"{place}.{key}")
    elif attr.has(wanted):
        yield from _problems_of_object(wanted, value, place)
    elif issubclass(wanted, enum.Enum):
        if value not in {each.value for each in wanted}:
            yield f"{place}: no word of {wanted.__name__}: {value!r}"
    elif not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
        yield f"{place}: no {wanted.__name__}: {value!r}"


def _problems_of_object(wanted, value, place):
    if not isinstance(value, dict):
        yield f"{place}: no object: {value!r}"
        return
    hints, fields = typing.get_type_hints(wanted), {field.name: field for field in attr.fields(wanted)}
    for key in value.keys() - fields.keys():
        yield f"{place}: no such key: {key}"
    for name, field in fields.items():
        # The classes fill in these two themselves; the schemas require them.
        is_required = field.default is attr.NOTHING or name in ("_producer", "_schemaURL", "producer", "schemaURL")
        if name not in value:
            if is_required:
                yield f"{place}: lacks {name}"
            continue
        yield from _problems(hints[name], value[name], f"{place}.{name}")
        if field.validator:
            try:
                field.validator(None, field, value[name])
            except ValueError as problem:
                yield f"{place}.{name}: {problem}"
    if name_of_schema := value.get("_schemaURL", value.get("schemaURL")):
        if name_of_schema != wanted._get_schema():
            yield f"{place}: {name_of_schema} is not {wanted._get_schema()}"
