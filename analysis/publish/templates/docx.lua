-- What Word needs, after paper.lua and citeproc: title page, styles by name, caption numbers and cross-references as fields.
-- The fields carry the numbers of every other format; Word counts anew when an editor adds or moves something.

local paper = nil
local tables, figures = {}, {}
local names, marks = {}, 0
local NBSP = "\u{a0}"
local FIRST = 90000 -- bookmarks of our own, apart from pandoc's

local function given(value)
  return value ~= nil and value ~= pandoc.json.null and value ~= "" and value ~= false
end

local function xml(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

local function raw(text)
  return pandoc.RawInline("openxml", text)
end

local function styled(style, content)
  if pandoc.utils.type(content) ~= "Blocks" then content = { pandoc.Para(content) } end
  return pandoc.Div(content, pandoc.Attr("", {}, { { "custom-style", style } }))
end

local function bookmark(id)
  -- Word takes letters, digits and _ in the name of a bookmark, at most 40
  if not names[id] then
    marks = marks + 1
    names[id] = { name = id:gsub("[^%w]", "_"):sub(1, 34) .. "_" .. marks, id = FIRST + marks }
  end
  return names[id]
end

local function marked(id, content)
  local mark = bookmark(id)
  return '<w:bookmarkStart w:id="' .. mark.id .. '" w:name="' .. mark.name .. '"/>' .. content .. '<w:bookmarkEnd w:id="' .. mark.id .. '"/>'
end

local function run(text, style)
  local look = style and '<w:rPr><w:rStyle w:val="' .. style .. '"/></w:rPr>' or ""
  return "<w:r>" .. look .. '<w:t xml:space="preserve">' .. xml(text) .. "</w:t></w:r>"
end

local function field(instruction, shown, style)
  local function char(kind) return '<w:r><w:fldChar w:fldCharType="' .. kind .. '"/></w:r>' end
  return char("begin") .. '<w:r><w:instrText xml:space="preserve"> ' .. instruction .. " </w:instrText></w:r>" .. char("separate") .. run(shown, style) .. char("end")
end

local function label(id, kind, span)
  -- "Figura 1." of the caption: the number is counted by Word
  local name, number = pandoc.utils.stringify(span):match("^(.*)" .. NBSP .. "(%d+)%.$")
  local counted = marked(id, field("SEQ " .. kind .. " \\* ARABIC", number, "CaptionLabel"))
  return raw(run(name .. NBSP, "CaptionLabel") .. counted .. run(".", "CaptionLabel"))
end

local function captioned(block, kind)
  block.caption.long = block.caption.long:walk({
    Span = function(span) if span.classes:includes("label") then return label(block.identifier, kind, span) end end,
  })
  return block
end

local function figure(block)
  local item = figures[block.identifier]
  if not item then return nil end
  block.content = block.content:walk({
    Image = function(image)
      return pandoc.Image({ pandoc.Str(item.alt) }, (image.src:gsub("%.svg$", ".png")), "", pandoc.Attr("", {}, { { "width", item.width } }))
    end,
  })
  return captioned(block, "Figure")
end

local function rows(list, style)
  for _, row in ipairs(list) do
    for _, cell in ipairs(row.cells) do
      local inside = pandoc.Blocks({})
      for _, block in ipairs(cell.contents) do inside:insert(block.t == "Plain" and pandoc.Para(block.content) or block) end
      cell.contents = pandoc.Blocks({ styled(style, inside) })
    end
  end
  return list
end

local function table_of(block)
  local item = tables[block.identifier]
  local style = not item and "Table Text" or item.size >= 8.5 and "Table Text" or item.size >= 7.5 and "Table Text Small" or "Table Text Smallest"
  block.head.rows = rows(block.head.rows, style)
  for _, body in ipairs(block.bodies) do body.body = rows(body.body, style) end
  return captioned(block, "Table")
end

local function fenced(tex)
  -- round brackets as pairs, so that an exponent stands on the pair and not on its closing half: (a+b)^2 as \left(a+b\right)^2
  if tex:find("\\[bB]ig") or tex:find("[&%%]") then return tex end
  local open, pairs_at, depth, at = {}, {}, 0, 1
  while at <= #tex do
    local sign = tex:sub(at, at)
    if sign == "\\" then
      local command = tex:match("^%a+", at + 1) or tex:sub(at + 1, at + 1)
      at = at + #command
      if command == "left" or command == "right" then
        depth = depth + (command == "left" and 1 or -1)
        at = at + #tex:match("^%s*\\?.", at + 1)
      end
    elseif sign == "{" then
      depth = depth + 1
    elseif sign == "}" then
      depth = depth - 1
    elseif sign == "(" then
      open[#open + 1] = { at = at, depth = depth }
    elseif sign == ")" then
      local last = table.remove(open)
      if not last or last.depth ~= depth then return tex end
      pairs_at[last.at], pairs_at[at] = "\\left", "\\right"
    end
    at = at + 1
  end
  if #open > 0 then return tex end
  return (tex:gsub("()([()])", function(place, sign) return (pairs_at[place] or "") .. sign end))
end

local function math(formula)
  formula.text = fenced(formula.text)
  return formula
end

local function equation(block)
  local found, number = nil, nil
  block:walk({
    Math = function(m) found = found or m end,
    Span = function(s) if s.classes:includes("number") then number = pandoc.utils.stringify(s):match("%d+") end end,
  })
  if not found or not number then return block.content end
  local tab = raw("<w:r><w:tab/></w:r>")
  local counted = raw("<w:r><w:tab/></w:r>" .. run("(") .. marked(block.identifier, field("SEQ Equation \\* ARABIC", number)) .. run(")"))
  return styled("Equation", { tab, pandoc.Math("InlineMath", found.text), counted })
end

local function div(block)
  if block.classes:includes("equation") then return equation(block) end
  if block.classes:includes("notes") then return styled("Source Note", block.content) end
end

local function header(block)
  local here = raw(marked(block.identifier, ""))
  if block.classes:includes("unnumbered") then
    local content = block.content
    content:insert(1, here)
    return styled("Unnumbered Heading " .. block.level, content)
  end
  block.content:insert(1, here)
  return block
end

local function reference(link)
  if not link.classes:includes("reference") then return nil end
  local id, text = link.target:sub(2), pandoc.utils.stringify(link)
  local before, number = text:match("^(.*" .. NBSP .. ")([%d.]+)$")
  local name = bookmark(id).name
  local kind = id:match("^fig%-") or id:match("^tbl%-") or id:match("^eq%-")
  local which = "REF " .. name .. (kind and "" or " \\r") .. " \\h \\* MERGEFORMAT"
  local shown = run(before, "Hyperlink") .. field(which, number, "Hyperlink")
  return raw('<w:hyperlink w:anchor="' .. name .. '" w:history="1">' .. shown .. "</w:hyperlink>")
end

local function linked(text)
  -- addresses within a line of text become links
  local made, rest = pandoc.Inlines({}), text
  while true do
    local before, address, after = rest:match("^(.-)(https?://%S*[^%s.,;)])(.*)$")
    if not address then break end
    if before ~= "" then made:insert(pandoc.Str(before)) end
    made:insert(pandoc.Link({ pandoc.Str(address) }, address))
    rest = after
  end
  if rest ~= "" then made:insert(pandoc.Str(rest)) end
  return made
end

local function line(name, text)
  local made = pandoc.Inlines({ pandoc.Strong({ pandoc.Str(name .. ":") }), pandoc.Space() })
  made:extend(linked(text))
  return made
end

local function title_page(abstract)
  local front, words, out = paper.front, paper.words, pandoc.Blocks({})
  local function put(style, content) out:insert(styled(style, type(content) == "string" and { pandoc.Str(content) } or content)) end
  if not given(paper.label) then
    local series = given(front.series) and front.series or {}
    local right = {}
    for _, part in ipairs({ "title", "printed_number" }) do
      if given(series[part]) then right[#right + 1] = series[part] end
    end
    local text = table.concat(right, ", ") .. (given(series.issn) and " ISSN" .. NBSP .. series.issn or "")
    local left = given(series.publisher) and series.publisher or words.paper
    put("Series", text == "" and { pandoc.Str(left) } or { pandoc.Str(left), raw("<w:r><w:tab/></w:r>"), pandoc.Str(text) })
  end
  put("Title", front.title)
  for _, author in ipairs(front.authors) do
    local name = pandoc.Inlines({ pandoc.Str(author.name) })
    if given(author.mark) then name:insert(pandoc.Superscript({ pandoc.Str(author.mark) })) end
    if given(author.orcid) then
      name:insert(pandoc.Str(NBSP .. NBSP))
      name:insert(pandoc.Link({ pandoc.Str("ORCID" .. NBSP .. author.orcid) }, "https://orcid.org/" .. author.orcid))
    end
    put("Author", name)
    if given(author.affiliation) and #front.affiliations == 0 then put("Affiliation", author.affiliation) end
    if given(author.role) then put("Author Role", words.role .. ": " .. author.role) end
  end
  for _, entry in ipairs(front.affiliations) do
    local name = pandoc.Inlines({ pandoc.Str(entry.name) })
    if given(entry.mark) then name:insert(1, pandoc.Superscript({ pandoc.Str(entry.mark .. NBSP) })) end
    put("Affiliation", name)
  end
  for _, person in ipairs(front.correspondence) do
    local mail = pandoc.Link({ pandoc.Str(person.email) }, "mailto:" .. person.email)
    put("Correspondence", { pandoc.Str(words.correspondence .. ": " .. person.name .. ", "), mail })
  end
  put("Date", paper.date .. (given(paper.parameters) and " · " .. paper.parameters or ""))
  put("Abstract Title", words.abstract)
  out:insert(styled("Abstract", abstract))
  if #front.keywords > 0 then put("Keywords", line(words.keywords, table.concat(front.keywords, "; "))) end
  if #front.jel > 0 then put("Keywords", line(words.jel, table.concat(front.jel, ", "))) end
  if given(paper.label) then put("Data Label", paper.label) end
  for _, text in ipairs(paper.box) do put(given(paper.label) and "Notice Simulated" or "Notice", text) end
  for _, entry in ipairs(paper.colophon) do put("Colophon", line(entry.name, entry.text)) end
  return out
end

function Pandoc(doc)
  local file = io.open("paper.json", "r")
  paper = pandoc.json.decode(file:read("a"), false)
  file:close()
  for _, item in ipairs(paper.items) do
    if item.kind == "table" then tables[item.key] = item end
    if item.kind == "figure" then figures[item.key] = item end
  end
  local blocks = title_page(pandoc.Blocks(doc.meta.abstract))
  blocks:extend(doc.blocks)
  doc.blocks = blocks:walk({ Figure = figure, Table = table_of, Div = div, Header = header }):walk({ Link = reference, Math = math })
  doc.meta = pandoc.Meta({ lang = doc.meta.lang })
  return doc
end
