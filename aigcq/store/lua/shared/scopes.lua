-- blame: whether a refusal is the model's, and which model is suspected then. The same as limit/scopes.py.
local function blame(seen)
    if seen.limited and seen.model_probe and not seen.account_probe then return true, seen.suspect end
    if seen.others == 0 and not seen.waiting then return false, seen.suspect end
    local tried = seen.proven >= seen.count or not (seen.account_probe or seen.limited)
    if not tried then return false, seen.suspect end
    if seen.suspect ~= '' and seen.suspect ~= seen.model then return false, '*' end
    return true, seen.model
end
