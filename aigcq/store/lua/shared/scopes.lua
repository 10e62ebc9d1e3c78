-- blame: whether a refusal is told to the model, whether to the account, and which model is the suspect then.
-- The same as limit/scopes.py.
local function blame(seen)
    if seen.limited and seen.model_probe and not seen.account_probe then return true, false, seen.suspect end
    if seen.others == 0 and not seen.waiting then return false, true, seen.suspect end
    if seen.proven < seen.count and (seen.account_probe or seen.limited) then return false, true, seen.suspect end
    if seen.suspect ~= '' and seen.suspect ~= seen.model then return false, true, '*' end
    return true, seen.full and seen.own_proven and seen.suspect == '', seen.model
end
