-- Loads of Osiris over the REST interface, each in one transaction.
--
-- Rows arrive in pieces, one request each, and wait in _osiris_pieces. osiris_load() then puts them all into
-- their table, and writes a row into _osiris_loads, in the one transaction that a request is. Called again
-- with the same load_id it only tells what it did. Only the service_role may call it. May be run again.

CREATE UNLOGGED TABLE IF NOT EXISTS :schema._osiris_pieces (
  load_id text NOT NULL,
  piece bigint NOT NULL,
  items json NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (load_id, piece)
);
ALTER TABLE :schema._osiris_pieces ALTER COLUMN items SET STORAGE EXTERNAL;

CREATE TABLE IF NOT EXISTS :schema._osiris_loads (
  load_id varchar(300) PRIMARY KEY,
  session varchar(64) NOT NULL,
  step varchar(255) NOT NULL,
  target varchar(255) NOT NULL,
  write_mode varchar(16) NOT NULL,
  chunk bigint NOT NULL,
  handed_rows bigint NOT NULL,
  row_count bigint NOT NULL,
  rows_inserted bigint,
  rows_updated bigint,
  rows_unchanged bigint,
  rows_deleted bigint,
  digest varchar(64),
  is_last smallint NOT NULL,
  committed_at timestamp DEFAULT CURRENT_TIMESTAMP
);

ALTER TABLE :schema._osiris_pieces ENABLE ROW LEVEL SECURITY;
ALTER TABLE :schema._osiris_loads ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON :schema._osiris_pieces, :schema._osiris_loads FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, DELETE ON :schema._osiris_pieces TO service_role;
GRANT SELECT ON :schema._osiris_loads TO service_role;

CREATE OR REPLACE FUNCTION :schema.osiris_load(load jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, public, extensions, pg_temp
SET statement_timeout = '1h'
AS $osiris$
DECLARE
  id CONSTANT text := load ->> 'load_id';
  mode CONSTANT text := load ->> 'write_mode';
  target CONSTANT text := format('%I.%I', :'schema', load ->> 'table');
  done jsonb;
  names text;         -- of all columns
  incoming text;      -- the same, of an incoming row
  keys text;
  change text;        -- what becomes of a row that is there
  pieces text;        -- where a statement finds its rows
  statement text;
  piece_items json;
  new_column jsonb;
  one record;
  part record;
  result record;
  inserted bigint := 0;
  updated bigint := 0;
  offered bigint := 0;
  refused jsonb := '[]';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('osiris ' || id, 0));
  SELECT jsonb_build_object('row_count', l.row_count, 'inserted', l.rows_inserted, 'updated', l.rows_updated,
                            'unchanged', l.rows_unchanged, 'refused', '[]'::jsonb)
    INTO done FROM :schema._osiris_loads l WHERE l.load_id = id;
  IF FOUND THEN
    RETURN done;
  END IF;
  PERFORM FROM :schema._osiris_pieces p WHERE p.load_id = id FOR UPDATE;
  IF (SELECT count(*) FROM :schema._osiris_pieces p WHERE p.load_id = id) <> (load ->> 'pieces')::bigint THEN
    RAISE EXCEPTION 'not all rows of the load are there' USING ERRCODE = 'OS001';
  END IF;

  -- What the load makes: the words of a type are checked to be one and nothing else.
  FOR new_column IN SELECT value FROM jsonb_array_elements(load -> 'new_columns') LOOP
    IF to_regtype(new_column ->> 'type') IS NULL THEN
      RAISE EXCEPTION 'not a type: %', new_column ->> 'type' USING ERRCODE = '42704';
    END IF;
  END LOOP;
  IF (load ->> 'makes_table')::boolean THEN
    SELECT string_agg(format('%I %s', value ->> 'name', value ->> 'type'), ', ' ORDER BY ordinality)
      INTO names FROM jsonb_array_elements(load -> 'new_columns') WITH ORDINALITY;
    SELECT string_agg(quote_ident(value), ', ' ORDER BY ordinality)
      INTO keys FROM jsonb_array_elements_text(load -> 'key') WITH ORDINALITY;
    EXECUTE format('CREATE TABLE %s (%s%s)', target, names, ', PRIMARY KEY (' || keys || ')');
    -- The service sees it; whoever has a public key does not, until somebody gives grants and policies.
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('GRANT ALL ON %s TO service_role', target);
    NOTIFY pgrst, 'reload schema';
  ELSIF jsonb_array_length(load -> 'new_columns') > 0 THEN
    SELECT string_agg(format('ADD COLUMN %I %s', value ->> 'name', value ->> 'type'), ', ' ORDER BY ordinality)
      INTO names FROM jsonb_array_elements(load -> 'new_columns') WITH ORDINALITY;
    EXECUTE format('ALTER TABLE %s %s', target, names);
    NOTIFY pgrst, 'reload schema';
  END IF;

  IF mode = 'replace' THEN
    EXECUTE format('DELETE FROM %s', target);
  ELSIF mode = 'truncate' THEN
    EXECUTE format('TRUNCATE %s', target);
  END IF;

  SELECT string_agg(quote_ident(value), ', ' ORDER BY ordinality),
         string_agg(format('r.%I', value), ', ' ORDER BY ordinality)
    INTO names, incoming FROM jsonb_array_elements_text(load -> 'columns') WITH ORDINALITY;
  -- All at once; or a piece, and then a row, after the other.
  pieces := CASE WHEN (load ->> 'leaves_out_bad_rows')::boolean THEN '(SELECT 0::bigint AS piece, $1 AS items)'
                 ELSE format('(SELECT piece, items FROM %I._osiris_pieces WHERE load_id = $1)', :'schema') END;
  IF mode = 'upsert' THEN
    SELECT string_agg(quote_ident(value), ', ' ORDER BY ordinality)
      INTO keys FROM jsonb_array_elements_text(load -> 'key') WITH ORDINALITY;
    -- Rows are compared by their bytes, so that every type can be compared and every change counts.
    SELECT format('DO UPDATE SET %s WHERE ROW(%s)::record *<> ROW(%s)::record',
                  string_agg(format('%I = excluded.%I', value, value), ', '),
                  string_agg(format('t.%I', value), ', '), string_agg(format('excluded.%I', value), ', '))
      INTO change FROM jsonb_array_elements_text(load -> 'columns') WHERE NOT load -> 'key' ? value;
    -- A piece has a key once; of several pieces the last one counts.
    statement := format(
      'WITH incoming AS (SELECT DISTINCT ON (%2$s) %3$s FROM %7$s p '
      'CROSS JOIN LATERAL json_populate_recordset(NULL::%1$s, p.items) r ORDER BY %2$s, p.piece DESC), '
      'written AS (INSERT INTO %1$s AS t (%4$s) OVERRIDING SYSTEM VALUE SELECT %4$s FROM incoming '
      'ON CONFLICT (%5$s) %6$s RETURNING xmax = 0 AS is_new) '
      'SELECT (SELECT count(*) FROM incoming) AS offered, count(*) FILTER (WHERE is_new) AS inserted, '
      'count(*) FILTER (WHERE NOT is_new) AS updated FROM written',
      target,
      (SELECT string_agg(format('r.%I', value), ', ' ORDER BY ordinality)
         FROM jsonb_array_elements_text(load -> 'key') WITH ORDINALITY),
      incoming, names, keys, coalesce(change, 'DO NOTHING'), pieces);
  ELSE
    statement := format(
      'WITH written AS (INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %3$s FROM %4$s p '
      'CROSS JOIN LATERAL json_populate_recordset(NULL::%1$s, p.items) r ORDER BY p.piece RETURNING 1) '
      'SELECT count(*) AS offered, count(*) AS inserted, 0::bigint AS updated FROM written',
      target, names, incoming, pieces);
  END IF;

  IF NOT (load ->> 'leaves_out_bad_rows')::boolean THEN
    EXECUTE statement INTO result USING id;
    offered := result.offered;
    inserted := result.inserted;
    updated := result.updated;
  ELSE
    FOR part IN SELECT p.piece, p.items FROM :schema._osiris_pieces p WHERE p.load_id = id ORDER BY p.piece LOOP
      BEGIN
        EXECUTE statement INTO result USING part.items;
        offered := offered + result.offered;
        inserted := inserted + result.inserted;
        updated := updated + result.updated;
      EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
        FOR one IN SELECT value, ordinality FROM json_array_elements(part.items) WITH ORDINALITY LOOP
          BEGIN
            piece_items := json_build_array(one.value);
            EXECUTE statement INTO result USING piece_items;
            offered := offered + result.offered;
            inserted := inserted + result.inserted;
            updated := updated + result.updated;
          EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
            refused := refused || jsonb_build_object('row', part.piece + one.ordinality - 1, 'code', SQLSTATE,
                                                     'message', SQLERRM, 'object', one.value::text);
          END;
        END LOOP;
      END;
    END LOOP;
    IF jsonb_array_length(refused) > (load ->> 'max_bad_rows')::bigint THEN
      RAISE EXCEPTION '% rows were refused; the last one: %', jsonb_array_length(refused),
        refused -> -1 ->> 'message' USING ERRCODE = 'OS002';
    END IF;
  END IF;

  -- An upsert leaves rows alone that are there already; of the others the table has to take every one.
  IF mode <> 'upsert' AND offered + jsonb_array_length(refused) < (load ->> 'sent_rows')::bigint THEN
    RAISE EXCEPTION 'the table has taken % of % rows', offered, load ->> 'sent_rows' USING ERRCODE = 'OS003';
  END IF;

  DELETE FROM :schema._osiris_pieces p WHERE p.load_id = id;
  done := jsonb_build_object('row_count', offered, 'inserted', inserted, 'updated', updated,
                             'unchanged', offered - inserted - updated, 'refused', refused);
  IF (load ->> 'ledger')::boolean THEN
    INSERT INTO :schema._osiris_loads (load_id, session, step, target, write_mode, chunk, handed_rows, row_count,
                                       rows_inserted, rows_updated, rows_unchanged, rows_deleted, is_last)
    SELECT id, load ->> 'session', load ->> 'step', format('%s.%s', :'schema', load ->> 'table'), mode, 1,
           (load ->> 'handed_rows')::bigint, offered, counts.inserted, counts.updated, counts.unchanged,
           counts.deleted, 1
      FROM (SELECT CASE WHEN mode = 'upsert' THEN inserted END AS inserted,
                   CASE WHEN mode = 'upsert' THEN updated END AS updated,
                   CASE WHEN mode = 'upsert' THEN offered - inserted - updated END AS unchanged,
                   CASE WHEN mode = 'upsert' THEN 0 END AS deleted) counts;
  END IF;
  RETURN done;
END
$osiris$;

REVOKE ALL ON FUNCTION :schema.osiris_load(jsonb) FROM PUBLIC, anon, authenticated;
GRANT EXECUTE ON FUNCTION :schema.osiris_load(jsonb) TO service_role;
NOTIFY pgrst, 'reload schema';
