-- A worksheet for Word, from paper.json: the page of explanations, then a heading and a table for each sheet.
-- What pandoc cannot say of a table (grounds, heights, pages) is added afterwards by worksheet_pages.py.

local NBSP = "\u{a0}"

local function given(value)
  return value ~= nil and value ~= pandoc.json.null and value ~= "" and value ~= false
end

local function styled(style, content)
  if type(content) == "string" then content = { pandoc.Para({ pandoc.Str(content) }) } end
  return pandoc.Div(content, pandoc.Attr("", {}, { { "custom-style", style } }))
end

local function named(name, text)
  return { pandoc.Para({ pandoc.Strong({ pandoc.Str(name .. ":") }), pandoc.Space(), pandoc.Str(text) }) }
end

local function kept(text)
  -- neither a number nor its interval is broken, but the interval may go below
  local value, interval = text:match("^(.-) (%(.*%))$")
  local made = pandoc.Inlines({ pandoc.Str(((value or text):gsub(" ", NBSP))) })
  if interval then
    made:insert(pandoc.Space())
    made:insert(pandoc.Str((interval:gsub(" ", NBSP))))
  end
  return made
end

local function cell_of(cell, align, style)
  if cell.text == "" then return pandoc.Cell({}) end
  local content = align == "right" and kept(cell.text) or pandoc.Inlines(cell.text)
  if given(cell.under) then
    content:insert(pandoc.LineBreak())
    content:insert(pandoc.Str(cell.under))
  end
  if given(cell.strong) then content = pandoc.Inlines({ pandoc.Strong(content) }) end
  return pandoc.Cell({ styled(style, { pandoc.Para(content) }) }, align == "right" and pandoc.AlignRight or pandoc.AlignLeft)
end

local function table_of(item)
  local style = item.size >= 8.5 and "Table Text" or item.size >= 7.5 and "Table Text Small" or "Table Text Smallest"
  local specs, head, rows = {}, {}, {}
  for i, column in ipairs(item.head) do
    specs[i] = { column.align == "right" and pandoc.AlignRight or pandoc.AlignLeft, nil }
    head[i] = cell_of({ text = column.text, under = column.under }, "left", style)
    head[i].alignment = specs[i][1]
  end
  for r, row in ipairs(item.rows) do
    local cells = {}
    for i, cell in ipairs(row) do cells[i] = cell_of(cell, item.head[i].align, style) end
    rows[r] = pandoc.Row(cells)
  end
  local body = { attr = pandoc.Attr(), body = rows, head = {}, row_head_columns = 0 }
  return pandoc.Table({ long = {} }, specs, pandoc.TableHead({ pandoc.Row(head) }), { body }, pandoc.TableFoot(), pandoc.Attr(item.key))
end

function Pandoc(doc)
  local file = io.open(pandoc.utils.stringify(doc.meta["altro-paper"]), "r")
  local paper = pandoc.json.decode(file:read("a"), false)
  file:close()
  local words, out = paper.words, pandoc.Blocks({})
  out:insert(styled("Title", paper.front.title))
  out:insert(styled("Abstract Title", words.use))
  for _, text in ipairs(paper.intro) do out:insert(styled("Abstract", text)) end
  for _, text in ipairs(paper.notes) do out:insert(styled("Abstract", { pandoc.Para({ pandoc.Strong({ pandoc.Str(text) }) }) })) end
  local titles = {}
  for i, item in ipairs(paper.items) do titles[i] = item.title end
  if #titles > 1 then out:insert(styled("Keywords", named(words.sheets, table.concat(titles, "; ")))) end
  if given(paper.label) then out:insert(styled("Data Label", paper.label)) end
  for _, text in ipairs(paper.box) do out:insert(styled(given(paper.label) and "Notice Simulated" or "Notice", text)) end
  for _, entry in ipairs(paper.origin) do out:insert(styled("Colophon", named(entry.name, entry.text))) end
  for _, item in ipairs(paper.items) do
    out:insert(styled("Unnumbered Heading 1", item.title))
    out:insert(table_of(item))
    for _, note in ipairs(item.notes) do out:insert(styled("Source Note", note)) end
  end
  doc.blocks = out
  doc.meta = pandoc.Meta({ lang = doc.meta.lang })
  return doc
end
