-- Builds the paper from paper.json (metadata field `altro-paper`): cells of Markdown, figures, tables, in order.
-- One numbering and one set of cross-references for every format. Runs before citeproc.

local EXTENSIONS = "markdown+smart-raw_html-raw_tex-raw_attribute-latex_macros-tex_math_single_backslash-implicit_figures"
local paper, words = nil, nil
local labels, problems = {}, {}
local count = { figure = 0, table = 0, equation = 0 }
local section = { 0, 0, 0, 0, 0, 0 }
local typst = FORMAT:match("typst") ~= nil
local slides = FORMAT:match("revealjs") ~= nil -- neither figures nor sections are numbered there
local html = slides or FORMAT:match("html") ~= nil
local jats = FORMAT:match("jats") ~= nil
local letter = "" -- of the appendix's section, before the number of a table
local NBSP = "\u{a0}"
local LONG = 13 -- letters of a word that may be divided in a table
local SHORT = 16 -- tables of so many lines are not broken across pages

local function problem(cell, text)
  problems[#problems + 1] = cell .. "\t" .. text
end

local function quoted(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " ") .. '"'
end

local function typst_of(inline)
  return (pandoc.write(pandoc.Pandoc({ pandoc.Plain({ inline }) }), "typst"):gsub("%s+$", ""))
end

local function markdown(text, cell)
  local done, warnings, result = pcall(pandoc.log.silence, pandoc.read, text, EXTENSIONS)
  if not done then
    problem(cell, tostring(warnings))
    return pandoc.Blocks({})
  end
  if #warnings > 0 then -- read again aloud, so that pandoc.py can tell the cell of each warning
    io.stderr:write("ALTRO-AT\t" .. cell .. "\n")
    pandoc.read(text, EXTENSIONS)
    io.stderr:write("ALTRO-AT\t\n")
  end
  return result.blocks
end

local function inlines(text, cell)
  return pandoc.utils.blocks_to_inlines(markdown(text, cell), { pandoc.LineBreak() })
end

local function number(kind, id, cell)
  count[kind] = count[kind] + 1
  if id ~= "" then
    if labels[id] then problem(cell, "label " .. id .. " used twice") end
    labels[id] = { kind = kind, n = letter .. count[kind] }
  end
  return letter .. count[kind]
end

local function caption(kind, item)
  local n = number(kind, item.key, item.cell)
  if slides then return inlines(item.caption, item.cell) end
  local label = pandoc.Span({ pandoc.Str(words[kind] .. NBSP .. n .. ".") }, pandoc.Attr("", { "label" }))
  local made = pandoc.Inlines({ typst and pandoc.Strong({ pandoc.Str(words[kind] .. NBSP .. n .. ".") }) or label, pandoc.Space() })
  made:extend(inlines(item.caption, item.cell))
  return made
end

local function div(class, blocks)
  if typst then
    local out = pandoc.Blocks({ pandoc.RawBlock("typst", "#" .. class .. "[") })
    out:extend(blocks)
    out:insert(pandoc.RawBlock("typst", "]"))
    return out
  end
  return pandoc.Blocks({ pandoc.Div(blocks, pandoc.Attr("", { class })) })
end

local function figure(item)
  local image
  if typst then
    image = pandoc.RawInline("typst", "#image(" .. quoted(item.file) .. ", width: " .. item.width .. ", alt: " .. quoted(item.alt) .. ")")
  else
    image = pandoc.Image({ pandoc.Str(item.alt) }, item.file, "", pandoc.Attr("", {}, slides and { { "alt", item.alt } } or { { "alt", item.alt }, { "style", "width:" .. item.width } }))
  end
  local made = pandoc.Figure({ pandoc.Plain({ image }) }, { long = { pandoc.Plain(caption("figure", item)) } }, pandoc.Attr(item.key, slides and { item.shape } or {}))
  return pandoc.Blocks({ made })
end

local function breakable(word, head, code)
  -- an address may be broken after a slash, an identifier after its marks, without a hyphen
  local made = pandoc.Inlines({})
  for piece in word:gmatch(code and "[^-_:/]*[-_:/]*" or "[^/]*/*") do
    if piece ~= "" then
      if #made > 0 and typst then made:insert(pandoc.RawInline("typst", "#sym.zws;")) end
      if #made > 0 and html then made:insert(pandoc.RawInline("html", "<wbr>")) end
      local long = typst and not head and not code and (utf8.len(piece) or 0) > LONG
      made:insert(long and pandoc.RawInline("typst", "#text(hyphenate: true)[" .. typst_of(pandoc.Str(piece)) .. "]") or pandoc.Str(piece))
    end
  end
  return made
end

local function cell_of(cell, align, attributes, head)
  local content = cell.markdown and inlines(cell.text, "") or pandoc.Inlines(pandoc.Str(cell.text))
  if align == "right" and not cell.markdown then
    -- the interval may go to a second line, but neither part is broken
    local value, interval = cell.text:match("^(.-) (%(.*%))$")
    local pieces = value and { value, interval } or { cell.text }
    content = pandoc.Inlines({})
    for i, piece in ipairs(pieces) do
      if i > 1 then content:insert(pandoc.Space()) end
      if typst then
        content:insert(pandoc.RawInline("typst", "#box[" .. typst_of(pandoc.Str(piece)) .. "]"))
      else
        content:insert(pandoc.Str((piece:gsub(" ", NBSP))))
      end
    end
  elseif not cell.markdown then
    content = pandoc.Inlines({})
    for word in cell.text:gmatch("%S+") do
      if #content > 0 then content:insert(pandoc.Space()) end
      content:extend(breakable(word, head, cell.code))
    end
  end
  if head and cell.under ~= "" then
    content:insert(pandoc.LineBreak())
    content:insert(pandoc.Str(cell.under))
  end
  if cell.strong then content = pandoc.Inlines({ pandoc.Strong(content) }) end
  local alignment = align == "right" and pandoc.AlignRight or pandoc.AlignLeft
  return pandoc.Cell({ pandoc.Plain(content) }, alignment, 1, 1, pandoc.Attr("", {}, attributes))
end

local function table_of(item)
  local specs, head, rows = {}, {}, {}
  for i, column in ipairs(item.head) do
    specs[i] = { column.align == "right" and pandoc.AlignRight or pandoc.AlignLeft, (typst and item.widths[i]) or nil }
    head[i] = cell_of(column, column.align == "right" and "words" or "left", html and { scope = "col" } or {}, true)
    head[i].alignment = specs[i][1]
  end
  for r, row in ipairs(item.rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      cells[i] = cell_of(cell, item.head[i].align, (html and i <= item.heads) and { scope = "row" } or {}, false)
    end
    rows[r] = pandoc.Row(cells)
  end
  local made = pandoc.Table(
    { long = { pandoc.Plain(caption("table", item)) } },
    specs,
    pandoc.TableHead({ pandoc.Row(head) }),
    { { attr = pandoc.Attr(), body = rows, head = {}, row_head_columns = html and item.heads or 0 } },
    pandoc.TableFoot(),
    pandoc.Attr(item.key, {}, typst and { ["typst:text:size"] = string.format("%.1fpt", item.size) } or {})
  )
  local notes = pandoc.Blocks({})
  for _, note in ipairs(item.notes) do notes:insert(pandoc.Para(inlines(note, item.cell))) end
  local out = pandoc.Blocks({})
  if html then
    out:insert(pandoc.Div({ made }, pandoc.Attr("", { "scroll" }, { { "role", "region" }, { "tabindex", "0" }, { "aria-label", words.table .. " " .. letter .. count.table } })))
  else
    out:insert(made)
  end
  if #notes > 0 then out:extend(div(slides and "below" or "notes", notes)) end -- in slides, "notes" are the speaker's
  if typst and not item.flipped and item.lines <= SHORT then
    out:insert(1, pandoc.RawBlock("typst", "#together["))
    out:insert(pandoc.RawBlock("typst", "]"))
  elseif typst and paper.appendix and not item.flipped then
    out:insert(1, pandoc.RawBlock("typst", "#reserve(45mm)"))
  elseif typst and item.flipped then
    out:insert(1, pandoc.RawBlock("typst", "#page(flipped: true, margin: (top: 25mm, bottom: 19mm))["))
    out:insert(pandoc.RawBlock("typst", "]"))
  end
  return out
end

local function equation(block, cell)
  local math = nil
  block:walk({ Math = function(m) math = math or m end })
  if not math then return block end
  local id, alt = block.identifier, block.attributes.alt or math.text
  local n = id ~= "" and number("equation", id, cell) or nil
  if typst then
    local numbering = n and ('numbering: n => "(' .. n .. ')", ') or ""
    local label = id ~= "" and (" <" .. id .. ">") or ""
    return pandoc.RawBlock("typst", "#math.equation(block: true, " .. numbering .. "alt: " .. quoted(alt) .. ", " .. typst_of(math) .. ")" .. label)
  end
  local content = pandoc.Inlines({ math })
  if n then content:insert(pandoc.Span({ pandoc.Str("(" .. n .. ")") }, pandoc.Attr("", { "number" }))) end
  if jats then content:insert(pandoc.Span({ pandoc.Str(alt) }, pandoc.Attr("", { "alt" }))) end
  return pandoc.Div({ pandoc.Para(content) }, pandoc.Attr(id, { "equation" }))
end

local function header(block)
  block.content = block.content:walk({ Span = function(span) if span.attributes.of then return span.content end end })
  if slides then return block end
  local title = block.content
  if not block.classes:includes("unnumbered") then
    section[block.level] = section[block.level] + 1
    for level = block.level + 1, 6 do section[level] = 0 end
    local n = table.concat(section, ".", 1, block.level)
    if paper.appendix then
      letter = string.char(64 + section[1])
      n = n:gsub("^%d+", letter)
      if block.level == 1 then count.table = 0 end
    end
    local id, again = block.identifier, 1
    while labels[id] do -- headings without a label of their own may be alike
      again = again + 1
      id = block.identifier .. "-" .. again
    end
    block.identifier = id
    labels[id] = { kind = "section", n = n }
    if html or jats then
      title:insert(1, pandoc.Span({ pandoc.Str(n) }, pandoc.Attr("", { "number" })))
      title:insert(2, pandoc.Space())
    end
  end
  return block
end

local function prose(item)
  return markdown(item.text, item.cell):walk({
    traverse = "topdown",
    Div = function(block)
      if block.classes:includes("equation") then return equation(block, item.cell), false end
    end,
    Header = function(block) return header(block) end,
  })
end

local function margin(item)
  local notes = pandoc.Blocks({})
  for _, note in ipairs(item.faults) do notes:insert(pandoc.Para(pandoc.Inlines(pandoc.Str(note)))) end
  if html then return pandoc.Blocks({ pandoc.Div(notes, pandoc.Attr("", { "fault" }, { role = "note" })) }) end
  return div("fault", notes)
end

local builders = { text = prose, figure = figure, table = table_of, faults = margin }

local function references(span)
  if not span.classes:includes("reference") then return nil end
  local id = span.attributes.to
  local target = labels[id]
  if not target then
    if not paper.draft then problem("", "unknown reference @" .. id) end
    return pandoc.Strong({ pandoc.Str("?? @" .. id) })
  end
  return pandoc.Link({ pandoc.Str(slides and words[target.kind] or words[target.kind] .. NBSP .. target.n) }, "#" .. id, "", pandoc.Attr("", { "reference" }))
end

local anchored = {}

-- What the text quotes from the evidence: a number is marked where it first stands; one that another notebook made, and a statement
-- of another notebook, link to the place in that notebook's paper.
local function quotation(span)
  local of = span.attributes.of
  if not of then return nil end
  local content, cited = span.content, (paper.cites or {})[of:match("^([^:]*):") or ""]
  if not cited then
    local id = "value-" .. of
    if not html or slides or anchored[id] then return content end
    anchored[id] = true
    return pandoc.Span(content, pandoc.Attr(id))
  end
  if FORMAT:match("jats") then return content end
  local key = of:match(":(.*)$")
  local target = cited.folder .. "/" .. paper.language .. (typst and ".pdf" or ".html") .. ((typst or key == "") and "" or "#value-" .. key)
  local from = words.quoted .. ": " .. cited.title
  if span.classes:includes("value") then
    return pandoc.Link(content, target, from, pandoc.Attr("", { "quoted" }))
  end
  local arrow = pandoc.Link({ pandoc.Str("→") }, target, from, pandoc.Attr("", { "quoted", "said" }, { { "aria-label", from } }))
  content:insert(pandoc.Str(NBSP))
  content:insert(arrow)
  return content
end

local function inline_math(math)
  if typst and math.mathtype == "InlineMath" then
    return pandoc.RawInline("typst", "#math.equation(alt: " .. quoted(math.text) .. ", " .. typst_of(math) .. ")")
  end
end

local function arranged(blocks)
  -- each slide as heading, text, figure or table, foot; the heading's class says how they stand
  local made, at, text, shown, notes = pandoc.Blocks({}), nil, nil, nil, nil
  local function close()
    if not at then return end
    local tall = false
    for _, block in ipairs(shown) do tall = tall or block.classes:includes("tall") end
    at.classes:insert(#shown == 0 and "plain" or (tall and #text > 0) and "beside" or "stacked")
    made:insert(at)
    if #text > 0 then made:insert(pandoc.Div(text, pandoc.Attr("", { "text" }))) end
    made:extend(shown)
    made:insert(pandoc.Div({ pandoc.Plain(pandoc.Inlines(pandoc.Str(paper.foot))) }, pandoc.Attr("", { "foot" })))
    made:extend(notes)
  end
  for _, block in ipairs(blocks) do
    if block.t == "Header" and block.level == 2 then
      close()
      at, text, shown, notes = block, pandoc.Blocks({}), pandoc.Blocks({}), pandoc.Blocks({})
    elseif block.t == "Figure" or (block.t == "Div" and (block.classes:includes("scroll") or block.classes:includes("below"))) then
      shown:insert(block)
    elseif block.t == "Div" and block.classes:includes("notes") then
      notes:insert(block)
    else
      text:insert(block)
    end
  end
  close()
  return made
end

local function flipped(blocks)
  -- headings go on the flipped page of the table that they head; flipped tables in a row share their pages
  local made, heads, open, depth = pandoc.Blocks({}), pandoc.Blocks({}), nil, 0
  local function is(block, pattern) return block.t == "RawBlock" and block.text:match(pattern) ~= nil end
  for _, block in ipairs(blocks) do
    if block.t == "Header" then
      heads:insert(block)
    elseif is(block, "^#page%(flipped") then
      if open then made:remove(open) else heads:insert(1, block) end
      made:extend(heads)
      heads, open, depth = pandoc.Blocks({}), nil, 1
    elseif depth > 0 then
      made:insert(block)
      depth = depth + (is(block, "%[$") and 1 or 0) - (is(block, "^%]$") and 1 or 0)
      if depth == 0 then open = #made end
    elseif not is(block, "^// cell") then
      if heads[1] and heads[1].level == 1 then heads:insert(1, pandoc.RawBlock("typst", "#reserve(95mm)")) end
      made:extend(heads)
      made:insert(block)
      heads, open = pandoc.Blocks({}), nil
    end
  end
  made:extend(heads)
  return made
end

function Pandoc(doc)
  local file = io.open(pandoc.utils.stringify(doc.meta["altro-paper"]), "r")
  paper = pandoc.json.decode(file:read("a"), false)
  file:close()
  words = paper.words
  local blocks = pandoc.Blocks({})
  local last = nil
  for _, item in ipairs(paper.items) do
    if typst and item.cell ~= "" and item.cell ~= last then
      blocks:insert(pandoc.RawBlock("typst", "// cell " .. item.cell))
      last = item.cell
    end
    blocks:extend(builders[item.kind](item))
  end
  blocks = blocks:walk({ Span = references }):walk({ Span = quotation }):walk({ Math = inline_math })
  if typst and paper.appendix then blocks = flipped(blocks) end
  if typst then blocks:insert(pandoc.RawBlock("typst", "#flush()")) end
  if paper.references then
    blocks:insert(pandoc.Header(slides and 2 or 1, { pandoc.Str(words.references) }, pandoc.Attr("references", { "unnumbered" })))
    blocks:extend(div("references", { pandoc.Div({}, pandoc.Attr("refs")) }))
  end
  if slides then blocks = arranged(blocks) end
  if #problems > 0 then
    for _, text in ipairs(problems) do io.stderr:write("ALTRO\t" .. text .. "\n") end
    os.exit(65)
  end
  local abstract = markdown(paper.front.abstract, ""):walk({ Span = references }):walk({ Math = inline_math })
  doc.meta.abstract = pandoc.MetaBlocks(abstract)
  doc.meta["altro-paper"] = nil
  doc.blocks = blocks
  return doc
end
